"""The wheel carries its data, and the scripts say in one sentence what a machine lacks and install only what is new."""

from __future__ import annotations

import email
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.checkout import PYTHONS, ROOT, link_system_tools
from vecgen.version import __version__

SCRIPTS = ("run_spark_datagen.sh", "run_tests.sh")

JAVA_17 = 'openjdk version "17.0.15" 2025-04-15'

ARCHIVE_CLASSES = """[[ "$*" =~ ArchiveClassesAtExit=([^\\"]+) ]] && echo classes >"${BASH_REMATCH[1]}" || :"""
"""What Java does as it ends when it is asked to."""


def write_program(path: Path, body: str) -> None:
    path.write_text(f"#!{shutil.which('bash')}\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def write_java(path: Path, version: str, modules: str = "") -> None:
    """A Java that knows its version and lacks the modules named."""
    refusal = f'[[ "$*" == *--add-modules={modules}* ]] && exit 1' if modules else ":"
    write_program(path, f"{refusal}\necho '{version}' >&2")


class Machine:
    """A checkout's scripts with a PATH of their own and a pip that only writes down what it was asked for."""

    def __init__(self, directory: Path) -> None:
        self.checkout, self.bin, self.calls = directory / "check out", directory / "bin", directory / "calls"
        self.java_exit = ARCHIVE_CLASSES
        self.checkout.mkdir()
        link_system_tools(self.bin)
        for name in (*SCRIPTS, ".setup.sh", "pyproject.toml", "constraints.txt"):
            shutil.copy2(ROOT / name, self.checkout / name)
        self.add_python("python3")
        write_java(self.bin / "java", JAVA_17)

    def add_python(self, name: str, pip_status: int = 0, pip_says: str = "") -> None:
        """Add a Python whose `-m venv` copies itself and whose `-m pip` notes its arguments."""
        write_program(
            self.bin / name,
            f"""
            if [[ "$*" == "-m venv"* ]]; then
                for venv; do :; done
                mkdir -p "$venv/bin" && cp "$0" "$venv/bin/python"
                printf '#!%s\\necho ran "$0" "$@"\\n%s' "$BASH" '{self.java_exit}' >"$venv/bin/spark-submit"
                chmod +x "$venv/bin/spark-submit"
            elif [[ "$*" == "-m pip install"* ]]; then
                echo "$*" >>"{self.calls}"
                echo "{pip_says}"
                exit {pip_status}
            elif [[ "$1" == -m ]]; then
                echo "ran $*"
            else
                exec "{sys.executable}" "$@"
            fi""",
        )
        for tool in ("mkdir", "cp", "chmod"):
            if not (self.bin / tool).exists():
                (self.bin / tool).symlink_to(str(shutil.which(tool)))

    def run(
        self, script: str, *arguments: str, cwd: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return run_script(self.checkout / script, arguments, {"PATH": str(self.bin), **environment}, cwd)

    def count_installs(self) -> int:
        return len(self.calls.read_text().splitlines()) if self.calls.exists() else 0


def run_script(
    script: Path, arguments: tuple[str, ...], environment: Mapping[str, str], cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    home = {"HOME": os.environ.get("HOME", "/")}
    return subprocess.run(
        [str(script), *arguments],
        cwd=cwd,
        env=home | dict(environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def check_refusal(result: subprocess.CompletedProcess[str], *parts: str) -> None:
    assert result.returncode == 2, result.stderr
    assert result.stdout == ""
    last = result.stderr.splitlines()[-1]
    for part in parts:
        assert part in last


def read_advice(result: subprocess.CompletedProcess[str]) -> list[str]:
    """Return the words of the command that the last line ends with."""
    return shlex.split(result.stderr.splitlines()[-1].split("the same rows: ")[1])


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


class TestJava:
    @pytest.mark.parametrize("script", SCRIPTS)
    def test_none(self, machine: Machine, script: str) -> None:
        (machine.bin / "java").unlink()
        check_refusal(machine.run(script), script, "needs Java 17", "none on PATH", "install a JDK 17")

    def test_without_it_the_environment_is_set_up_for_the_command_that_needs_none(self, machine: Machine) -> None:
        (machine.bin / "java").unlink()
        options = ("--customers", "5", "--output", "two words")
        first = machine.run("run_spark_datagen.sh", *options, cwd=machine.checkout)
        check_refusal(first, "needs Java 17", "install a JDK 17")
        assert read_advice(first) == [".venv/bin/vecgen", "generate", *options]
        second = machine.run("run_spark_datagen.sh", *options)
        assert len(second.stderr.splitlines()) == 1
        assert read_advice(second) == [f"{machine.checkout}/.venv/bin/vecgen", "generate", *options]
        assert machine.count_installs() == 1

    def test_all_tests_need_it_before_anything_is_set_up(self, machine: Machine) -> None:
        (machine.bin / "java").unlink()
        check_refusal(machine.run("run_tests.sh"), "needs Java 17", "run_tests.sh -m 'not spark'")
        assert machine.count_installs() == 0

    def test_a_part_of_the_tests_leaves_out_those_of_spark(self, machine: Machine) -> None:
        (machine.bin / "java").unlink()
        result = machine.run("run_tests.sh", "tests/io/test_schema.py")
        assert (result.returncode, result.stdout) == (0, "ran -m pytest tests/io/test_schema.py\n")
        assert "Java" not in result.stderr

    def test_what_is_left_out_says_why(self) -> None:
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/spark/test_watch.py"]
        environment = {**os.environ, "VECGEN_JAVA_FAULT": "Spark needs Java"}
        result = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert result.returncode == 0
        assert re.search(r"^SKIPPED .* Spark needs Java$", result.stdout, re.MULTILINE)
        assert re.search(r"^=+ \d+ skipped in ", result.stdout, re.MULTILINE)

    @pytest.mark.parametrize("script", SCRIPTS)
    @pytest.mark.parametrize(
        ("version", "major"), [('java version "1.8.0_292"', "8"), ('openjdk version "11.0.2" 2019-01-15', "11")]
    )
    def test_too_old(self, machine: Machine, script: str, version: str, major: str) -> None:
        write_java(machine.bin / "java", version)
        check_refusal(machine.run(script), f"on PATH is version {major};", "install a JDK 17")

    def test_home_without_java(self, machine: Machine) -> None:
        check_refusal(machine.run("run_tests.sh", JAVA_HOME="/nowhere"), "none at JAVA_HOME=/nowhere", "set JAVA_HOME")

    def test_cut_down(self, machine: Machine) -> None:
        write_java(machine.bin / "java", JAVA_17, modules="jdk.incubator.vector")
        check_refusal(machine.run("run_tests.sh"), "jdk.incubator.vector", "install a JDK 17")

    @pytest.mark.parametrize("version", [JAVA_17, 'openjdk version "25-ea" 2025-09-16', 'java version "21"'])
    def test_new_enough(self, machine: Machine, version: str) -> None:
        write_java(machine.bin / "java", version)
        assert machine.run("run_spark_datagen.sh").returncode == 0


class TestPython:
    @pytest.mark.parametrize("script", SCRIPTS)
    def test_none(self, machine: Machine, script: str) -> None:
        (machine.bin / "python3").unlink()
        result = machine.run(script)
        check_refusal(result, script, "no Python 3.10 or newer on PATH", "set PYTHON")
        assert len(result.stderr.splitlines()) == 1

    @pytest.mark.parametrize("script", SCRIPTS)
    def test_too_old(self, machine: Machine, script: str) -> None:
        write_program(machine.bin / "python3", "exit 1")
        check_refusal(machine.run(script), "no Python 3.10 or newer on PATH")

    def test_too_old_by_its_own_word(self, machine: Machine) -> None:
        setup = machine.checkout / ".setup.sh"
        setup.write_text(setup.read_text().replace("MIN_PYTHON=3.10", "MIN_PYTHON=9.10"))
        check_refusal(machine.run("run_tests.sh"), "no Python 9.10 or newer on PATH")

    def test_other_names_are_tried(self, machine: Machine) -> None:
        machine.add_python("python3.12")
        write_program(machine.bin / "python3", "exit 1")
        assert machine.run("run_spark_datagen.sh").returncode == 0

    def test_the_one_asked_for(self, machine: Machine) -> None:
        check_refusal(machine.run("run_tests.sh", PYTHON="/no/python"), "PYTHON=/no/python is not", "unset it")


class TestEnvironment:
    def test_second_run_installs_nothing(self, machine: Machine) -> None:
        first, second = machine.run("run_spark_datagen.sh"), machine.run("run_spark_datagen.sh")
        assert "setting up" in first.stderr
        assert (first.returncode, second.returncode, second.stderr) == (0, 0, "")
        assert machine.count_installs() == 1

    def test_extras(self, machine: Machine) -> None:
        machine.run("run_spark_datagen.sh")
        machine.run("run_tests.sh", "tests")
        machine.run("run_spark_datagen.sh")  # the tests' environment serves the job as well
        assert [call.split()[-1] for call in machine.calls.read_text().splitlines()] == [".[all]", ".[all,test]"]

    @pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
    def test_a_change_is_installed(self, machine: Machine, name: str) -> None:
        machine.run("run_spark_datagen.sh")
        with (machine.checkout / name).open("a") as file:
            file.write("# changed\n")
        machine.run("run_spark_datagen.sh")
        assert machine.count_installs() == 2

    def test_a_moved_checkout_is_installed_anew(self, machine: Machine, tmp_path: Path) -> None:
        machine.run("run_spark_datagen.sh")
        machine.checkout = machine.checkout.rename(tmp_path / "moved")
        assert machine.run("run_spark_datagen.sh").returncode == 0
        assert machine.count_installs() == 2

    def test_a_failed_install_is_tried_again(self, machine: Machine) -> None:
        machine.add_python("python3", pip_status=1, pip_says="ERROR: something broke")
        check_refusal(machine.run("run_spark_datagen.sh"), "could not be installed", ".venv-setup.log")
        assert "something broke" in (machine.checkout / ".venv-setup.log").read_text()
        shutil.rmtree(machine.checkout / ".venv")
        machine.add_python("python3")
        assert machine.run("run_spark_datagen.sh").returncode == 0
        assert machine.count_installs() == 2

    def test_no_network(self, machine: Machine) -> None:
        machine.add_python("python3", pip_status=1, pip_says="NewConnectionError: Network is unreachable")
        check_refusal(machine.run("run_tests.sh"), "could not be fetched", "check the network")

    def test_arguments_reach_the_job(self, machine: Machine) -> None:
        result = machine.run("run_spark_datagen.sh", "--customers", "5", "--output", "two words")
        assert result.stdout.rstrip().endswith("spark_jobs/generate.py --customers 5 --output two words")

    @pytest.mark.parametrize(("mode", "short"), [([], True), (["files"], True), (["rows"], False)])
    def test_java_compiles_twice_where_it_writes(self, machine: Machine, mode: list[str], short: bool) -> None:
        for options in (["--output-mode", *mode] if mode else [], [f"--output-mode={m}" for m in mode]):
            started = machine.run("run_spark_datagen.sh", *options, "--customers", "5").stdout
            assert ("-XX:TieredStopAtLevel=1" in started) is short
            assert "--conf spark.ui.enabled=false" in started
            assert "-Dlog4j2.configurationFile=" in started

    def test_the_classes_of_spark_are_archived_once(self, machine: Machine) -> None:
        first, second = machine.run("run_spark_datagen.sh"), machine.run("run_spark_datagen.sh")
        assert "preparing Spark's start" in first.stderr
        assert second.stderr == ""
        archive = machine.checkout / ".venv/spark-classes.jsa"
        assert archive.read_text() == "classes\n"
        for run in first, second:
            assert f'"-XX:SharedArchiveFile={archive}" -Xshare:auto -Xlog:disable' in run.stdout

    def test_another_java_archives_them_anew(self, machine: Machine) -> None:
        machine.run("run_spark_datagen.sh")
        write_java(machine.bin / "java", f"{JAVA_17} later")
        assert "preparing Spark's start" in machine.run("run_spark_datagen.sh").stderr

    def test_a_java_that_archives_nothing_is_asked_once(self, machine: Machine) -> None:
        machine.java_exit = ":"
        machine.add_python("python3")
        first, second = machine.run("run_spark_datagen.sh"), machine.run("run_spark_datagen.sh")
        assert "preparing Spark's start" in first.stderr
        assert second.stderr == ""
        assert "SharedArchiveFile" not in first.stdout + second.stdout
        assert first.returncode == second.returncode == 0

    def test_arguments_reach_pytest(self, machine: Machine) -> None:
        assert machine.run("run_tests.sh", "-k", "mix").stdout == "ran -m pytest -k mix\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (built,) = directory.glob("*.whl")
    return built


class TestWheel:
    @pytest.mark.parametrize("folder", ["profiles", "demographic_data"])
    def test_data_is_the_checkouts(self, wheel: Path, folder: str) -> None:
        prefix = f"vecgen/data/{folder}/"
        with zipfile.ZipFile(wheel) as archive:
            packed = {n.removeprefix(prefix): archive.read(n) for n in archive.namelist() if n.startswith(prefix)}
        files = (path for path in (ROOT / folder).rglob("*") if path.is_file())
        assert packed == {path.relative_to(ROOT / folder).as_posix(): path.read_bytes() for path in files}
        assert packed

    def test_code(self, wheel: Path) -> None:
        with zipfile.ZipFile(wheel) as archive:
            names = set(archive.namelist())
        modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "vecgen").rglob("*.py")}
        assert modules | {"vecgen/py.typed", "vecgen/report/page.css"} <= names
        assert {name.split("/")[0] for name in names} == {"vecgen", f"vecgen-{__version__}.dist-info"}

    def test_works_outside_the_checkout(self, wheel: Path, tmp_path: Path) -> None:
        """From the unpacked wheel alone, the profiles are found and read."""
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(tmp_path)
        code = (
            "import vecgen.config.loader as load; assert 'data' in load.DEFAULT_PROFILES.parts, load.__file__;"
            "load.load_profiles(load.DEFAULT_PROFILES); load.load_demographics(load.DEFAULT_DEMOGRAPHICS)"
        )
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True, timeout=60)


class TestConstraints:
    @pytest.mark.parametrize("python", PYTHONS)
    def test_every_requirement_has_one_version_that_fits(self, wheel: Path, python: str) -> None:
        lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
        for requirement in map(Requirement, read_requirements(wheel)):
            if requirement.name != "vecgen" and applies(requirement, python, "delta", "report", "spark", "test"):
                (pin,) = (p for p in pins if p.name == canonicalize_name(requirement.name) and applies(p, python, ""))
                assert requirement.specifier.contains(str(pin.specifier).removeprefix("==")), (pin, requirement)


def read_requirements(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name)).get_all("Requires-Dist", [])


def applies(requirement: Requirement, python: str, *extras: str) -> bool:
    here = {"python_version": python, "python_full_version": f"{python}.0"}
    return requirement.marker is None or any(requirement.marker.evaluate({**here, "extra": extra}) for extra in extras)
