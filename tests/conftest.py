"""What tests share: small directories of profiles and demographics, a plan, its datasets, one Spark session."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import threading
import warnings
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from tests.support.clusters import Cluster, Machine, make_machine, run_cluster, write_undisturbed
from tests.support.object_store import ObjectStore, free_port
from vecgen import write_dataset
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES
from vecgen.model.params import ModelParameters, Period
from vecgen.plan.form import Form
from vecgen.plan.output import Output
from vecgen.plan.plan import Plan, compile_plan
from vecgen.plan.request import Request
from vecgen.records.receipt import Receipt
from vecgen.run.local import run_local

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# The time an example takes depends on the machine. The same examples each time: a green run stays green, and
# `--hypothesis-profile explore` looks for new ones.
settings.register_profile("vecgen", deadline=None, print_blob=True, derandomize=True)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile("vecgen")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is marked `heavy` or `matrix` unless -m speaks of it; as an option, -m would replace it."""
    unasked = [name for name in ("heavy", "matrix") if name not in config.option.markexpr]
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in unasked)]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)
    if fault := os.environ.get("VECGEN_JAVA_FAULT"):  # run_tests.sh looked for Java
        for item in items:
            if item.get_closest_marker("spark"):
                item.add_marker(pytest.mark.skip(reason=fault))


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep compiled tables apart from the user's, for commands that tests start, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VECGEN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


WINTER = Period(date(2023, 12, 20), date(2024, 1, 20))  # two years, two months, a leap day in the second year
LAW = ModelParameters(WINTER, fraud_rate=0.5)


@pytest.fixture(scope="session")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory of three profiles and their twins; read only."""
    directory = tmp_path_factory.mktemp("profiles")
    segments = {
        "adults_2550_female_urban.json": segment("F", 0, "inf"),
        "adults_50up_male_rural.json": segment("M", 50, "inf"),
    }
    (directory / "main_config.json").write_text(json.dumps(segments, indent=2), encoding="utf-8")
    for name in (*segments, "leftovers.json"):
        for file in (name, f"fraud_{name}"):
            shutil.copy(DEFAULT_PROFILES / file, directory)
    return directory


def segment(gender: str, age_min: int, age_max: object) -> dict[str, object]:
    everywhere = {"min": 0, "max": "inf"}
    return {"gender": gender, "age": {"min": age_min, "max": age_max}, "city_pop": everywhere}


@pytest.fixture(scope="session")
def demographics(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory of some 70 places and few merchants, names beyond ASCII among them; read only."""
    directory = tmp_path_factory.mktemp("demographics")
    shutil.copy(DEFAULT_DEMOGRAPHICS / "age_gender.csv", directory)
    places = (DEFAULT_DEMOGRAPHICS / "places.csv").read_text(encoding="utf-8").splitlines()
    (directory / "places.csv").write_text("\n".join([places[0], *places[1::500], ""]), encoding="utf-8")
    with (DEFAULT_DEMOGRAPHICS / "merchants.csv").open(encoding="utf-8") as file:
        categories = list(dict.fromkeys(row["category"] for row in csv.DictReader(file)))
    with (directory / "merchants.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("category", "name"))
        for category in categories:
            writer.writerows((category, name) for name in (f"{category}, Inc", f"Café Žižka & {category}", "日本商店"))
    return directory


@pytest.fixture
def profile_copy(profiles: Path, tmp_path: Path) -> Path:
    """Return a copy of `profiles` to spoil."""
    return Path(shutil.copytree(profiles, tmp_path / "profiles"))


@pytest.fixture
def demographics_copy(demographics: Path, tmp_path: Path) -> Path:
    """Return a copy of `demographics` to spoil."""
    return Path(shutil.copytree(demographics, tmp_path / "demographics"))


def set_batch_rows(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    """Let every engine cut batches of about `rows` rows."""
    monkeypatch.setattr("vecgen.plan.batches.BATCH_ROWS", rows)
    monkeypatch.setattr("vecgen.plan.schedule._MAX_BATCH_ROWS", rows)


Compile = Callable[..., Plan]


@pytest.fixture(scope="session")
def compile_small(profiles: Path, demographics: Path) -> Compile:
    """Return a function that compiles a small request with any field replaced."""

    def compile_small(**changes: object) -> Plan:
        fields: dict[str, object] = {"customers": 60, "law": LAW, "profiles": profiles, "demographics": demographics}
        return compile_plan(Request(**{**fields, **changes}))  # type: ignore[arg-type]

    return compile_small


@pytest.fixture(scope="session")
def plan(compile_small: Compile) -> Plan:
    """Return a plan of 60 customers, half of them defrauded, over New Year: about 5,000 rows."""
    return compile_small()


@pytest.fixture(scope="session")
def parquet(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Receipt]:
    """Return the plan's dataset as Parquet, partitioned by all keys, and its receipt; read only."""
    path = tmp_path_factory.mktemp("parquet")
    return path, run_local(plan, Output(path), 1)


@pytest.fixture(scope="session")
def text(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Receipt]:
    """Return the plan's dataset as CSV, not partitioned, and its receipt; read only."""
    path = tmp_path_factory.mktemp("csv")
    return path, run_local(plan, Output(path, Form(format="csv", partition_by=())), 1)


@pytest.fixture(scope="session")
def write_spring(profiles: Path, demographics: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a function that writes a spring of 200 customers, half of them defrauded, with changes."""

    def write(name: str, **changes: Any) -> Path:
        asked: dict[str, Any] = {"customers": 200, "start": "2023-03-01", "end": "2023-05-31", "fraud_rate": 0.5}
        path = tmp_path_factory.mktemp("data") / name
        files: dict[str, Any] = {"profiles": profiles, "demographics": demographics, "partition_by": ""}
        write_dataset(output=path, quiet=True, **(asked | files | changes))
        return path

    return write


@pytest.fixture(scope="session")
def spring(write_spring: Callable[..., Path]) -> Path:
    """Return one of them, without changes; read only."""
    return write_spring("spring")


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """Yield an object store that speaks S3; tests share it and write below prefixes of their own."""
    store = ObjectStore(tmp_path_factory.mktemp("s3"), free_port())
    store.start()
    yield store
    store.stop()


@pytest.fixture(autouse=True, scope="session")
def _signals_end_processes() -> None:
    """Let signals do what they do by default, here and in what tests start: in the background, shells ignore some."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """Yield the one Spark session of a test run, as a user with settings of their own hands it in."""
    sql = pytest.importorskip("pyspark.sql")
    scratch = tmp_path_factory.mktemp("spark")
    builder = (
        sql.SparkSession.builder.master("local[2]")
        .appName("tests")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "3")
        .config("spark.sql.session.timeZone", "Asia/Tokyo")  # far from UTC: dates must not move
        .config("spark.sql.maxConcurrentOutputFileWriters", "7")
        .config("spark.sql.warehouse.dir", str(scratch / "warehouse"))
        .config("spark.local.dir", str(scratch / "local"))
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of py4j and the interpreter, while the gateway starts
        session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """Return a machine that knows nothing of the project, to submit jobs from."""
    pytest.importorskip("pyspark")
    return make_machine(tmp_path_factory.mktemp("machine"))


@pytest.fixture(scope="session")
def cluster(machine: Machine) -> Iterator[Cluster]:
    """Yield a standalone cluster of two workers on two hosts, as Spark sees it."""
    with run_cluster(machine) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the dataset of `clusters.OPTIONS` as one process writes it; read only."""
    return write_undisturbed(tmp_path_factory.mktemp("undisturbed") / "o")
