"""Where things stand: each module of `vecgen` has a test file of its name, and each test says what can be wrong."""

from __future__ import annotations

import ast
from collections.abc import Iterator
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


def test_errors_of_the_library_name_settings_and_no_options() -> None:
    """Which interface a caller uses is not the library's to know: `errors.setting` marks what each spells its way."""
    spelled = []
    for path in (ROOT / "vecgen").rglob("*.py"):
        for call in (
            node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
        ):
            if isinstance(call.func, ast.Name) and call.func.id.endswith("Error"):
                parts = [
                    part for argument in call.args for part in ast.walk(argument) if isinstance(part, ast.Constant)
                ]
                spelled += [f"{path.name}: {part.value!r}" for part in parts if str(part.value).startswith("--")]
    assert spelled == []


def test_every_test_says_what_can_be_wrong() -> None:
    """A test that only shows that nothing is raised would stay green whatever comes back."""
    functions: dict[str, list[ast.FunctionDef]] = {}
    for path in (ROOT / "tests").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                functions.setdefault(node.name, []).append(node)
    # A function asserts, or calls one of the tests' that does.
    sure = {name for name, found in functions.items() if any(map(asserts, found))}
    while more := {name for name, found in functions.items() if any(sure & set(calls(f)) for f in found)} - sure:
        sure |= more
    tests = ((name, test) for name, found in functions.items() if name.startswith("test_") for test in found)
    assert [name for name, test in tests if not asserts(test) and not sure & set(calls(test))] == []


def asserts(function: ast.FunctionDef) -> bool:
    named = set(calls(function))
    checked = {"raises", "warns"} & named or any(name.startswith("assert_") for name in named)
    return bool(checked) or any(isinstance(node, ast.Assert) for node in ast.walk(function))


def calls(function: ast.FunctionDef) -> Iterator[str]:
    """Yield the names that a function calls, without what they belong to."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr
