"""The Parquet readers of the matrix: how each is installed, and what it reads of our files.

The README's table is made of these; `tests/matrix/test_readers.py` runs them. A reader is a command that is given
datasets as NAME=DIRECTORY and prints JSON: see `reading/common.py`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock

from tests.matrix.environments import environment, find_tool, matrix_directory, run_installer
from tests.matrix.sparks import SPARKS, spark_environment

READING: Final = Path(__file__).parent / "reading"
ICEBERG: Final = ("1.10.0", "3.5")
"""Of Iceberg's runtime and the Spark that it is for."""

PARQUET_JAVA: Final = "1.10.1"
HYPARQUET: Final = ("1.33.0", "1.1.2")
"""And of hyparquet-compressors."""

Arguments = list[str | Path]
Command = tuple[Arguments, dict[str, str]]
"""What is run, and what is added to its environment variables."""


@dataclass(frozen=True)
class Reader:
    """One version of a reader.

    Attributes:
        install: Makes the reader if it is not there yet, and returns the command.
        finds_partitions: Whether it takes columns from the names of directories.
        codecs: Compressions beside snappy.
        compact: Whether it reads the files of `--encoding compact`.
        iceberg: Whether it also reads them as an Iceberg table.
    """

    name: str
    version: str
    install: Callable[[], Command]
    finds_partitions: bool = True
    codecs: tuple[str, ...] = ("zstd", "none")
    compact: bool = True
    iceberg: bool = False

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def _python(name: str, version: str, *others: str, compact: bool = True) -> Reader:
    """Return a reader that is a package for Python, with the requirements that its age asks for."""

    def install() -> Command:
        python = environment(f"{name}-{version}", f"{name}=={version}", *others, python="3.11")
        return [python, READING / f"{name}_.py"], {}

    return Reader(name, version, install, compact=compact)


def _spark(version: str, *, compact: bool) -> Reader:
    iceberg = version == ICEBERG[1]

    def install() -> Command:
        find_tool("java")
        variables = {"ICEBERG_JAR": str(_install_iceberg())} if iceberg else {}
        return [spark_environment(version), READING / "spark_.py"], variables

    return Reader("spark", SPARKS[version], install, compact=compact, iceberg=iceberg)


def _install_iceberg() -> Path:
    version, spark = ICEBERG
    artifact, target = f"iceberg-spark-runtime-{spark}_2.12", matrix_directory() / f"iceberg-{version}"
    _install_once(target, _maven("copy", target, f"-Dartifact=org.apache.iceberg:{artifact}:{version}"))
    return target / f"{artifact}-{version}.jar"


def _install_parquet_java() -> Command:
    project, target = READING / "parquet_java", matrix_directory() / f"parquet-java-{PARQUET_JAVA}"
    _install_once(target, _maven("copy-dependencies", target, "-f", project / "pom.xml", f"-Dparquet={PARQUET_JAVA}"))
    return [find_tool("java"), "-cp", f"{target}/*", project / "ReadParquet.java"], {}


def _maven(goal: str, target: Path, *options: str | Path) -> Arguments:
    """Return the command that copies libraries into a directory."""
    plugin = f"org.apache.maven.plugins:maven-dependency-plugin:3.8.1:{goal}"
    return [find_tool("mvn"), "-q", "-B", plugin, f"-DoutputDirectory={target}", *options]


def _install_hyparquet() -> Command:
    target = matrix_directory() / f"hyparquet-{HYPARQUET[0]}"
    packages = [
        f"{name}@{version}" for name, version in zip(("hyparquet", "hyparquet-compressors"), HYPARQUET, strict=True)
    ]
    _install_once(target, [find_tool("npm"), "install", "--no-audit", "--no-fund", "--prefix", target, *packages])
    return [find_tool("node"), shutil.copy(READING / "hyparquet.mjs", target)], {}  # beside it, Node finds the packages


def _install_parquet_go() -> Command:
    """Go knows by itself whether anything is to be built, and of which version: see go.mod."""
    target = matrix_directory() / "parquet-go"
    run_installer([find_tool("go"), "build", "-C", READING / "parquet_go", "-o", target, "."])
    return [target], {}


def _install_once(target: Path, command: Arguments) -> None:
    """Run what fills a directory, unless it has done so before."""
    target.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{target}.lock"):
        if not (target / "complete").exists():
            run_installer(command)
            (target / "complete").touch()


READERS: Final = (
    *(_spark(version, compact=version == "4.3") for version in SPARKS),
    _python("pyarrow", "12.0.1", "numpy<2"),
    _python("pyarrow", "26.0.1"),
    _python("duckdb", "0.8.1", compact=False),
    _python("duckdb", "2.0.1"),
    _python("polars", "0.20.31", compact=False),
    _python("polars", "2.1.0"),
    _python("datafusion", "35.0.0", compact=False),
    _python("datafusion", "55.0.0"),
    _python("fastparquet", "2023.10.1", "pandas<2.2", "numpy<2", compact=False),
    _python("fastparquet", "2026.9.0", compact=False),
    _python("chdb", "4.4.0"),
    Reader("hyparquet", HYPARQUET[0], _install_hyparquet, finds_partitions=False),
    Reader(
        "parquet-java", PARQUET_JAVA, _install_parquet_java, finds_partitions=False, codecs=("none",), compact=False
    ),
    Reader("parquet-go", "0.32.0", _install_parquet_go, finds_partitions=False),
)
