"""Finds out where a job runs, what started it, and which settings it adds.

Strongest first: what runs already, flags of spark-submit, spark-defaults, then ours. Nothing here imports Spark.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from vecgen.errors import InputError

Starter = Literal["python", "spark-submit", "a running session"]


@dataclass(frozen=True)
class Setting:
    """A value that we set only where it is unset, and why; `mine` once we have set it."""

    name: str
    value: str
    reason: str
    mine: bool = True


DEFAULTS: Final[tuple[Setting, ...]] = (
    Setting("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS", "INT96 is deprecated"),
    # Above the number of partitions of a task.
    Setting("spark.sql.maxConcurrentOutputFileWriters", "1000", "no sort before rows are written"),
)


CORE_SETTINGS: Final = (
    "spark.master",
    "spark.cores.max",
    "spark.executor.instances",
    "spark.executor.cores",
    "spark.dynamicAllocation.enabled",
    "spark.dynamicAllocation.maxExecutors",
    "spark.task.cpus",
)
"""What `count_cores` looks at, and what Spark runs on."""
_UNLIMITED: Final = 2**31 - 1  # executors; what Spark takes for "as many as there are"


@dataclass(frozen=True)
class Environment:
    """A Spark that runs.

    Attributes:
        place: What it runs on, in words.
        cores: Task slots that have registered so far, at least two on a cluster.
    """

    version: str
    place: str
    master: str
    cores: int
    starter: Starter


def find_starter(environ: Mapping[str, str], running: bool) -> Starter:
    """Return who started this process. `running`: there is a Spark context in it already."""
    if running:
        return "a running session"
    # spark-submit opens the gateway before it starts Python; a plain Python opens its own, which needs no variable.
    return "spark-submit" if "PYSPARK_GATEWAY_PORT" in environ else "python"


def name_program(environ: Mapping[str, str]) -> str:
    """Return what was typed before the job's own options, as a shell takes it; "…" for unknown flags."""
    if "VECGEN_PROGRAM" in environ:
        return shlex.quote(environ["VECGEN_PROGRAM"])
    start = "spark-submit …" if find_starter(environ, running=False) == "spark-submit" else "python"
    return f"{start} {shlex.quote(sys.argv[0])}"


def check_start(starter: Starter, master: str | None, app_name: str | None, remote: str | None = None) -> None:
    """Refuse options that come too late: code would override the flags given before.

    Raises:
        InputError: A master, a name or a server, although plain Python has not started the job.
    """
    given = (("--master", "--master", master), ("--app-name", "--name", app_name), ("--remote", "--remote", remote))
    for option, flag, value in given:
        if value is None or starter == "python":
            continue
        expected = f"no {option} in a job that {starter} started"
        remedy = f"give it before the script: spark-submit {flag} {shlex.quote(value)} spark_jobs/generate.py …"
        if starter == "a running session":
            expected, remedy = f"no {option}, because a session runs already", "leave it out"
        raise InputError(option, "", value, expected, remedy)


def recognise(environ: Mapping[str, str], version: str, master: str) -> str:
    """Return in words what Spark runs on.

    Args:
        version: Of Spark; Amazon's builds carry `amzn` in it.
    """
    if "DATABRICKS_RUNTIME_VERSION" in environ:
        return f"Databricks {environ['DATABRICKS_RUNTIME_VERSION']}"
    kinds = {
        "local-cluster[": "local cluster of separate executors",
        "local": "this machine",
        "spark://": "standalone cluster",
        "yarn": "YARN",
        "k8s://": "Kubernetes",
    }
    place = next((words for start, words in kinds.items() if master.startswith(start)), "cluster")
    return f"{place}, Amazon EMR" if "amzn" in version else place


def choose_settings(settings: Mapping[str, str]) -> tuple[Setting, ...]:
    """Return every setting of `DEFAULTS` as it shall stand: the user's where `settings` holds one, else ours."""
    return tuple(
        Setting(default.name, settings[default.name], "", mine=False) if default.name in settings else default
        for default in DEFAULTS
    )


def count_cores(master: str, registered: int, settings: Mapping[str, str]) -> int:
    """Return the task slots that a job can count on: those registered, or more where its configuration asks for more.

    The largest of `spark.cores.max` and executors (`spark.executor.instances`, `spark.dynamicAllocation.maxExecutors`)
    times `spark.executor.cores`; a cluster that grants less only gets smaller batches.
    """
    if master.startswith("local"):
        return registered

    def number(name: str, default: int) -> int:
        value = settings.get(f"spark.{name}", "")
        return int(value) if value.isascii() and value.isdigit() else default

    most = number("dynamicAllocation.maxExecutors", 0)
    grows = settings.get("spark.dynamicAllocation.enabled") == "true" and most < _UNLIMITED
    executors = max(number("executor.instances", 0), most if grows else 0)
    cores = max(number("cores.max", 0), executors * number("executor.cores", 1))
    return max(registered, cores // number("task.cpus", 1))


def describe(environment: Environment, chosen: tuple[Setting, ...]) -> str:
    """Return two lines: where the job runs; what was set and why, and what was kept."""
    e = environment
    so_far = "" if e.master.startswith("local") else " so far"
    mine = [f"set {s.name}={s.value} (unset; {s.reason})" for s in chosen if s.mine]
    kept = [f"kept {s.name}={s.value} (yours)" for s in chosen if not s.mine]
    return (
        f"vecgen: Spark {e.version}, {e.place} ({e.master}), {e.cores} cores{so_far}, started by {e.starter}\n"
        f"vecgen: {', '.join(mine + kept)}"
    )
