"""Every promised Python is set up from constraints.txt, and the bounds of pyproject.toml hold at both ends."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.matrix.environments import environment, find_python
from tests.support.checkout import PYTHONS, ROOT, copy_checkout, link_system_tools

pytestmark = pytest.mark.matrix

CONSTRAINTS = ROOT / "constraints.txt"
OLDEST, NEWEST = PYTHONS[0], PYTHONS[-1]
FEW = ("--customers", "20", "--end", "2023-01-31", "--output")

# Golden digests, what the libraries are asked for, and the command line.
SELECTION = (
    "system/test_golden.py",
    "io/test_writers.py",
    "io/test_reader.py",
    "run/test_fraud_cases.py",
    "run/test_local.py",
    "cli/test_main.py",
)


@pytest.fixture(scope="module")
def uv() -> Path:
    """Return a resolver that needs no Python of the version it resolves for."""
    return environment("uv", "uv==0.13.9").with_name("uv")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield a fresh checkout; what is set up in it is removed."""
    copy = copy_checkout(tmp_path_factory.mktemp("fresh") / "vecgen")
    yield copy
    shutil.rmtree(copy)


def run(
    command: Sequence[str | Path], directory: Path, environ: Mapping[str, str] | None = None, status: int = 0
) -> subprocess.CompletedProcess[str]:
    """Run a command that must end with a status."""
    done = subprocess.run(
        command, cwd=directory, env=environ, capture_output=True, text=True, timeout=1200, check=False
    )
    assert done.returncode == status, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done


def resolve(uv: Path, python: str, *options: str) -> list[str]:
    """Return pins of all that the tests need on a version of Python."""
    command = ["pip", "compile", "pyproject.toml", "--extra", "test", "--python-version", python, "--no-annotate"]
    return read_pins(run_uv(uv, [*command, *options]).stdout)


def run_uv(uv: Path, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run a command of uv in this checkout, without its cache.

    To learn what PySpark needs, uv unpacks its source, half a gigabyte, and keeps another copy each time: every run of
    these tests would leave three gigabytes behind.
    """
    return run([uv, *command, "--quiet"], ROOT, {**os.environ, "UV_NO_CACHE": "1"})


def read_pins(text: str) -> list[str]:
    """Return the lines of a list of requirements without comments and markers."""
    return [line.partition(" ;")[0] for line in text.splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("python", PYTHONS)
def test_every_python_gets_what_the_constraints_name(uv: Path, python: str) -> None:
    pins = resolve(uv, python, "--extra", "all", "--constraints", str(CONSTRAINTS))
    assert len(pins) > 40
    assert set(pins) <= set(read_pins(CONSTRAINTS.read_text(encoding="utf-8")))


def test_the_constraints_are_what_their_command_makes(uv: Path, tmp_path: Path) -> None:
    written = CONSTRAINTS.read_text(encoding="utf-8")
    found = re.search(r"^# +uv (pip compile .*) -o constraints\.txt$", written, re.MULTILINE)
    assert found
    copy = Path(shutil.copy(CONSTRAINTS, tmp_path))
    run_uv(uv, [*shlex.split(found[1]), "-o", copy])
    assert read_pins(copy.read_text(encoding="utf-8")) == read_pins(written)


def test_without_java_the_oldest_python_is_set_up_all_the_same(checkout: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if name not in ("JAVA_HOME", "PYTHONPATH")}
    environ |= {"PATH": str(link_system_tools(checkout.with_name("tools"))), "PYTHON": find_python(OLDEST)}
    refused = run(["./run_spark_datagen.sh", *FEW, "few"], checkout, environ, status=2)
    advice = refused.stderr.splitlines()[-1]
    assert "Spark needs Java" in advice
    run(shlex.split(advice.rpartition(": ")[2]), checkout, environ)
    run([".venv/bin/vecgen", "report", "few"], checkout, environ)
    assert (checkout / "few/_report/index.html").stat().st_size > 100_000
    run([".venv/bin/python", "-m", "pip", "check"], checkout, environ)


def test_with_java_the_same_environment_starts_spark(checkout: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environ["PYTHON"] = find_python(OLDEST)
    run(["./run_spark_datagen.sh", *FEW, "spark"], checkout, environ)
    run([".venv/bin/vecgen", "generate", *FEW, "plain"], checkout, environ)
    digests = [run([".venv/bin/vecgen", "digest", name], checkout, environ).stdout for name in ("spark", "plain")]
    assert digests[0] == digests[1] != ""


@pytest.mark.parametrize(
    ("name", "python", "versions"), [("lowest", OLDEST, "lowest-direct"), ("newest", NEWEST, "highest")]
)
def test_the_bounds_hold(uv: Path, name: str, python: str, versions: str) -> None:
    pins = resolve(uv, python, "--extra", "delta", "--extra", "report", "--resolution", versions)
    interpreter = environment(name, *pins, python=python)
    tests = [f"tests/{path}" for path in SELECTION]
    options = ["-q", "-p", "no:cacheprovider", "-m", "not spark and not slow"]
    run([interpreter, "-m", "pytest", *options, *tests], ROOT, {**os.environ, "PYTHONPATH": str(ROOT)})
