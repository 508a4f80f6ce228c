"""Where things stand: each module of `vecgen` has a test file of its name, in the folder of its room."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNTESTED = {
    "vecgen/version.py": "a number, which tests/project/test_packaging.py compares",
    "vecgen/sampling/arrays.py": "names of types",
}
LONGEST = 400  # lines of a file that can be read at one sitting


def modules() -> list[Path]:
    return [path for path in (ROOT / "vecgen").rglob("*.py") if not path.name.startswith("__")]


def test_every_module_has_its_test_file() -> None:
    missing = set()
    for module in modules():
        inside = module.relative_to(ROOT / "vecgen")
        room = inside.parts[0] if len(inside.parts) > 1 else ""  # a room's inner folders share its tests
        if not (ROOT / "tests" / room / f"test_{module.name}").is_file():
            missing.add(module.relative_to(ROOT).as_posix())
    assert missing == UNTESTED.keys()


def test_no_file_is_too_long_to_read() -> None:
    files = [*modules(), *(ROOT / "tests").rglob("*.py")]
    lengths = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8").count("\n") for path in files}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}
