"""Who takes part in `python -m bench compare`, by which command, with how many rows at most."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

from bench.harness.results import ROOT
from vecgen.plan.plan import compile_plan
from vecgen.plan.request import Request

ORIGINAL_COMMAND: Final = "python datagen.py -n {customers} -o {output} 01-01-2023 12-31-2023"
LINE_ITEMS: Final = 6_001_215  # of TPC-H's lineitem, per unit of scale factor

Scope = Literal["command", "section"]
Kind = Literal["ours", "peer", "reference", "limit"]


@dataclass(frozen=True)
class Setting:
    """What all contenders of a comparison share.

    Attributes:
        scratch: Directory for outputs, removed after each run.
        processes: Of the contenders that do not run in Spark.
        original: Checkout of the original, run by `original_command`; None if there is none.
    """

    scratch: Path
    processes: int = 1
    master: str = "local[2]"
    driver_memory: str = "4g"
    original: Path | None = None
    original_command: str = ORIGINAL_COMMAND


@dataclass(frozen=True)
class Contender:
    """One way to make transactions.

    Attributes:
        most: Rows at most; the slow ones get fewer, so that a comparison ends.
        command: Returns the command that writes about so many rows into a directory.
        lacks: Returns what is missing to run it, or None.
        scope: Whether the whole command counts, or the section it has timed itself.
        prepare: Returns a command to run before, not measured.
    """

    name: str
    label: str
    kind: Kind
    most: int
    command: Callable[[Setting, int, Path], list[str]]
    lacks: Callable[[Setting], str | None] = lambda setting: None
    scope: Scope = "command"
    prepare: Callable[[Setting, int, Path], list[str]] | None = None


@lru_cache(maxsize=1)
def rows_per_customer() -> float:
    """Return the expected transactions of a customer in the default year."""
    customers = 100_000
    return sum(batch.rows for batch in compile_plan(Request(customers=customers)).batches) / customers


def customers_for(rows: int) -> int:
    """Return how many customers have about `rows` transactions in the default year."""
    return max(1, round(rows / rows_per_customer()))


def environment(contender: Contender | None = None) -> dict[str, str]:
    """Return the environment of a contender: this checkout and this interpreter; the user's own for the original."""
    if contender is not None and contender.name == "original":
        return dict(os.environ)
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    python = {"PYTHONPATH": path, "PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
    spark = {"SPARK_HOME": str(home)} if (home := spark_home()) else {}
    local = {"SPARK_LOCAL_IP": os.environ.get("SPARK_LOCAL_IP", "127.0.0.1")}
    return {**os.environ, **python, **spark, **local}


def spark_home() -> Path | None:
    """Return the directory of the installed pyspark."""
    found = importlib.util.find_spec("pyspark")
    return Path(found.origin).parent if found and found.origin else None


def generate(*options: str) -> Callable[[Setting, int, Path], list[str]]:
    """Return the command of a local run of ours."""

    def command(setting: Setting, rows: int, output: Path) -> list[str]:
        size = ["--customers", str(customers_for(rows)), "--processes", str(setting.processes)]
        return [sys.executable, "-m", "vecgen", "generate", *size, "--output", str(output), *options]

    return command


def submit(script: str, *options: str) -> Callable[[Setting, int, Path], list[str]]:
    """Return the command of a Spark job of ours or of a peer; all get the same session."""

    def command(setting: Setting, rows: int, output: Path) -> list[str]:
        session = ["--master", setting.master, "--driver-memory", setting.driver_memory]
        for conf in ("spark.ui.enabled=false", "spark.log.level=WARN", f"spark.local.dir={setting.scratch}"):
            session += ["--conf", conf]
        size = ["--customers", str(customers_for(rows)), "--output", str(output)]
        return [f"{spark_home()}/bin/spark-submit", *session, str(ROOT / script), *size, *options]

    return command


def run_section(module: str) -> Callable[[Setting, int, Path], list[str]]:
    """Return the command of a measured section: a module that times a part of itself."""

    def command(setting: Setting, rows: int, output: Path) -> list[str]:
        return [sys.executable, "-m", module, "--rows", str(rows), "--output", str(output)]

    return command


def prepare_row_loop(setting: Setting, rows: int, output: Path) -> list[str]:
    """Return the command that writes the row loop's customers."""
    size = ["--customers", str(customers_for(rows)), "--processes", "1"]
    target = ["--format", "csv", "--output", str(output / "given")]
    return [sys.executable, "-m", "vecgen", "customers", *size, *target]


def run_row_loop(setting: Setting, rows: int, output: Path) -> list[str]:
    """Return the command of the row loop, which like the original reads its customers from a file."""
    people = output / "given" / "customers" / "part-0000000000000.csv"
    return [sys.executable, "-m", "bench.contenders.row_loop", str(people), str(output / "transactions.csv")]


def run_original(setting: Setting, rows: int, output: Path) -> list[str]:
    """Return the command of the user's checkout."""
    values = {"customers": customers_for(rows), "output": output}
    return [part.format(**values) for part in shlex.split(setting.original_command)]


def run_tpch(setting: Setting, rows: int, output: Path) -> list[str]:
    """Return tpchgen-cli's command with the scale factor that gives `rows` line items."""
    scale = ["--scale-factor", f"{rows / LINE_ITEMS:.4f}", "--num-threads", str(setting.processes)]
    return [_tpchgen(), "parquet", *scale, "--tables", "lineitem", "--output-dir", str(output), "--quiet"]


def _tpchgen() -> str:
    beside = Path(sys.executable).with_name("tpchgen-cli")
    return str(beside) if beside.exists() else shutil.which("tpchgen-cli") or "tpchgen-cli"


def lacks_spark(setting: Setting) -> str | None:
    """Return what Spark needs and this machine has not."""
    if spark_home() is None:
        return "pyspark is not installed (pip install '.[spark]')"
    java = os.path.join(os.environ["JAVA_HOME"], "bin", "java") if "JAVA_HOME" in os.environ else "java"
    try:
        subprocess.run([java, "-version"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "no Java that runs (set JAVA_HOME)"
    return None


def lacks_dbldatagen(setting: Setting) -> str | None:
    """Return what dbldatagen needs and this environment has not."""
    for name in ("dbldatagen", "jmespath", "pyparsing"):
        if importlib.util.find_spec(name) is None:
            return f"{name} is not installed (pip install '.[bench]')"
    return lacks_spark(setting)


def lacks_tpch(setting: Setting) -> str | None:
    """Return a word if tpchgen-cli is not there."""
    return None if shutil.which(_tpchgen()) else "tpchgen-cli is not installed (pip install '.[bench]')"


def lacks_original(setting: Setting) -> str | None:
    """Return a word if no usable checkout of the original was named."""
    if setting.original is None:
        return "no checkout named (--original DIR)"
    return None if setting.original.is_dir() else f"{setting.original} is no directory"


CONTENDERS: Final = (
    Contender("row_loop", "row loop (model of 0.5)", "reference", 1_000_000, run_row_loop, prepare=prepare_row_loop),
    Contender("original", "original, your checkout", "reference", 1_000_000, run_original, lacks_original),
    Contender("draws", "draws alone", "ours", 50_000_000, run_section("bench.studies.draws"), scope="section"),
    Contender("local_snappy", "vecgen, snappy", "ours", 10**12, generate()),
    Contender("local_zstd", "vecgen, zstd", "ours", 10**12, generate("--compression", "zstd")),
    Contender("local_csv", "vecgen, CSV", "ours", 10_000_000, generate("--format", "csv")),
    Contender("spark_files", "vecgen in Spark, files", "ours", 10**12, submit("spark_jobs/generate.py"), lacks_spark),
    Contender(
        "spark_rows",
        "vecgen in Spark, rows",
        "ours",
        6_000_000,
        submit("spark_jobs/generate.py", "--output-mode", "rows"),
        lacks_spark,
    ),
    Contender(
        "spark_sql", "Spark SQL functions", "peer", 6_000_000, submit("bench/contenders/spark_sql.py"), lacks_spark
    ),
    Contender(
        "dbldatagen", "dbldatagen", "peer", 1_500_000, submit("bench/contenders/dbldatagen_job.py"), lacks_dbldatagen
    ),
    Contender("tpchgen", "tpchgen-cli, lineitem", "peer", 10**12, run_tpch, lacks_tpch),
    Contender(
        "limit", "pyarrow, table at hand", "limit", 50_000_000, run_section("bench.contenders.limit"), scope="section"
    ),
)
