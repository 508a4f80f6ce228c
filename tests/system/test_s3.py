"""Datasets in an object store: a real server, pyarrow's client, the same bytes as on disk."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import Compile, set_batch_rows
from tests.run.test_loads import DECEMBER, JANUARY
from tests.run.test_local import CrashError, crash_after
from tests.support.checkout import ROOT
from tests.support.clusters import OPTIONS, Machine, finish
from tests.support.datasets import data_files
from tests.support.object_store import ACCESS_KEY, BUCKET, SECRET_KEY, ObjectStore, free_port, unreliable
from tests.support.outputs import change_output
from vecgen.cli.main import main
from vecgen.errors import InputError, OutputError
from vecgen.io.assembler import Assembler
from vecgen.io.reader import digest_dataset
from vecgen.model.params import ModelParameters, Period
from vecgen.plan.output import Output
from vecgen.plan.plan import Plan, compile_plan
from vecgen.plan.request import Request
from vecgen.records.parse import FILE_LIST
from vecgen.records.receipt import PROGRESS, RECEIPT, SUCCESS, Receipt, read_receipt
from vecgen.run.local import run_local
from vecgen.stores.changes import write_text
from vecgen.stores.filesystem import RemotePath, locate

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SMALL = ["--customers", "20", "--start", "2023-12-20", "--end", "2024-01-20", "--processes", "1"]


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    set_batch_rows(monkeypatch, 500)
    monkeypatch.setattr("vecgen.stores.lock.BEAT", 0.1)


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    """Return a prefix of the test's own."""
    return str(abs(hash(request.node.nodeid)))


def place(store: ObjectStore, prefix: str, scheme: str = "s3") -> RemotePath:
    found = locate(f"{scheme}://{BUCKET}/{prefix}", store.options)
    assert isinstance(found, RemotePath)
    return found


@pytest.fixture
def whole(plan: Plan, tmp_path: Path) -> dict[str, bytes]:
    """Return the data files of a run on disk."""
    run_local(plan, Output(tmp_path / "whole"), 1)
    root = tmp_path / "whole"
    return {str(file.relative_to(root)): file.read_bytes() for file in data_files(root)}


def data(store: ObjectStore, prefix: str) -> dict[str, bytes]:
    return {name: content for name, content in store.files(prefix).items() if name[0] != "_"}


@pytest.mark.parametrize("scheme", ["s3", "s3a"])
@pytest.mark.parametrize("processes", [1, 2])
def test_a_store_receives_what_a_disk_receives(
    scheme: str, processes: int, store: ObjectStore, prefix: str, plan: Plan, whole: dict[str, bytes]
) -> None:
    output = place(store, prefix, scheme)
    receipt = run_local(plan, Output(output), processes)
    assert data(store, prefix) == whole
    assert set(store.files(prefix)) - set(whole) == {RECEIPT, SUCCESS, FILE_LIST}
    assert read_receipt(output) == receipt
    assert receipt.output["path"] == f"{scheme}://{BUCKET}/{prefix}"
    assert {name: str(digest) for name, digest in digest_dataset(output).items()} == {
        name: part.digest for name, part in receipt.parts.items()
    }


def test_files_of_many_parts(store: ObjectStore, prefix: str) -> None:
    """Above ten megabytes pyarrow uploads a file in parts."""
    output = place(store, prefix)
    content = "0123456789abcdef" * 2_000_000
    write_text(output / "large", content)
    assert store.files(prefix) == {"large": content.encode()}
    assert output.parent.is_dir()
    assert (output / "large").read_text() == content


def test_the_command_line_writes_reads_and_verifies(
    store: ObjectStore, prefix: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    url = f"s3://{BUCKET}/{prefix}"
    assert main(["generate", *SMALL, "--output", url, *store.arguments]) == 0
    assert main(["digest", url, *store.arguments]) == 0
    assert main(["verify", url, *store.arguments, "--processes", "1"]) == 0
    assert main(["generate", *SMALL, "--output", url, *store.arguments]) == 2
    captured = capsys.readouterr()
    assert "holds a dataset; choose another, or pass --overwrite" in captured.err
    assert "ACCEPTED" in captured.out


def test_secrets_stay_secret(store: ObjectStore, prefix: str, plan: Plan, capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(place(store, prefix))
    run_local(plan, output, 1)
    wrong = [*store.arguments, "--storage-option", f"access_key={ACCESS_KEY}"]
    wrong += ["--storage-option", "secret_key=not-the-secret"]
    url = f"s3://{BUCKET}/{prefix}"
    assert main(["generate", *SMALL, "--output", f"{url}-other", *wrong]) == 2
    assert main(["generate", *SMALL, "--output", f"{url}-other", "--storage-option", f"secret_kye={SECRET_KEY}"]) == 2
    assert main(["generate", *SMALL, "--output", f"s3://{ACCESS_KEY}:{SECRET_KEY}@{BUCKET}/x"]) == 2
    assert main(["generate", *SMALL, "--plan", "--output", url, *wrong]) == 0
    captured = capsys.readouterr()
    written = b"".join(content for name, content in store.files(prefix).items() if name in (RECEIPT, SUCCESS)).decode()
    for secret in (ACCESS_KEY, SECRET_KEY, "not-the-secret"):
        assert secret not in captured.out + captured.err + written + repr(output) + repr(output.path)
    assert captured.err.count("\n") == 3


def break_off(plan: Plan, output: Output, monkeypatch: pytest.MonkeyPatch, after: int = 20) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Assembler, "assemble", crash_after(after, CrashError(), Assembler.assemble))
        with pytest.raises(CrashError):
            run_local(plan, output, 1)


def test_a_run_that_broke_off_is_resumed(
    store: ObjectStore, prefix: str, plan: Plan, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    output = Output(place(store, prefix))
    break_off(plan, output, monkeypatch)
    begun = store.files(prefix)
    assert 0 < len(data(store, prefix)) < len(whole)
    assert not any(name in begun for name in (RECEIPT, SUCCESS, f"{PROGRESS}/lock"))
    with pytest.raises(OutputError, match="not complete; pass resume=True"):
        run_local(plan, output, 1)
    with pytest.raises(InputError, match="compression: got 'zstd', expected 'snappy'"):
        run_local(plan, change_output(output, compression="zstd"), 1, existing="resume")
    broken, *_ = (store.root / prefix / "transactions").rglob("*.parquet")
    broken.write_bytes(broken.read_bytes()[:-1])
    run_local(plan, output, 1, existing="resume")
    assert data(store, prefix) == whole
    assert set(store.files(prefix)) - set(whole) == {RECEIPT, SUCCESS, FILE_LIST}


def test_overwrite_replaces_once_complete(
    store: ObjectStore, prefix: str, plan: Plan, compile_small: Compile, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = Output(place(store, f"{prefix}/o"))
    run_local(compile_small(seed=1), output, 1)
    before = store.files(prefix)
    with monkeypatch.context() as patch:
        patch.setattr(Assembler, "assemble", crash_after(20, CrashError(), Assembler.assemble))
        with pytest.raises(CrashError):
            run_local(plan, output, 1, existing="overwrite")
    assert store.files(prefix) == before
    receipt = run_local(plan, output, 1, existing="overwrite")
    digest = digest_dataset(output.path)["transactions"]
    assert str(digest) == receipt.parts["transactions"].digest
    assert all(name.startswith("o/") for name in store.files(prefix))
    write_text(place(store, prefix) / "mine" / "letters.txt", "mine")
    with pytest.raises(OutputError, match="holds no dataset of vecgen"):
        run_local(plan, Output(place(store, f"{prefix}/mine")), 1, existing="overwrite")
    with pytest.raises(OutputError, match="overwrite"):
        run_local(plan, Output(place(store, "")), 1, existing="overwrite")


def test_dates_are_appended_as_on_disk(
    store: ObjectStore, prefix: str, plan: Plan, parquet: tuple[Path, Receipt], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plain files: the first load begins the dataset, one that broke off is completed, one that is there is left."""
    output = Output(place(store, prefix), append=True)
    december, january = (change_output(output, only_dates=dates) for dates in (DECEMBER, JANUARY))
    run_local(plan, december, 1)
    before = store.files(prefix)
    break_off(plan, january, monkeypatch, after=8)
    assert SUCCESS not in store.files(prefix)
    with pytest.raises(OutputError, match="not complete; pass resume=True"):
        run_local(plan, january, 1)
    receipt = run_local(plan, january, 2, existing="resume")
    assert digest_dataset(output.path) == digest_dataset(parquet[0])
    assert {name: part.digest for name, part in receipt.parts.items()} == {
        name: part.digest for name, part in parquet[1].parts.items()
    }
    after = store.files(prefix)
    assert all(after[name] == content for name, content in before.items() if name[0] != "_")
    assert set(after) - set(data(store, prefix)) == {RECEIPT, SUCCESS, FILE_LIST}
    for load in (december, january):
        assert run_local(plan, load, 1) == receipt
    assert store.files(prefix) == after
    overlapping = change_output(output, only_dates=(DECEMBER[1], JANUARY[0]))
    with pytest.raises(InputError, match="dates that are not there yet"):
        run_local(plan, overlapping, 1)


def test_one_run_at_a_time(
    store: ObjectStore, prefix: str, plan: Plan, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    output = Output(place(store, prefix))
    break_off(plan, output, monkeypatch)
    lock = place(store, prefix) / PROGRESS / "lock"
    ended = threading.Event()

    def renew() -> None:
        beat = 0
        while not ended.wait(0.05):
            beat += 1
            write_text(lock, f"another {beat}")

    another = threading.Thread(target=renew)
    another.start()
    try:
        time.sleep(0.3)
        with pytest.raises(OutputError, match="another run is writing"):
            run_local(plan, output, 1, existing="resume")
    finally:
        ended.set()
        another.join()
    run_local(plan, output, 1, existing="resume")  # the holder is dead: its lease is not renewed
    assert data(store, prefix) == whole


@pytest.mark.parametrize("period", [3, 1], ids=["every third request fails", "all requests fail"])
def test_a_store_that_answers_500_and_503(
    period: int, store: ObjectStore, prefix: str, plan: Plan, whole: dict[str, bytes]
) -> None:
    with unreliable(store, period) as busy:
        options = (*busy.options, ("max_attempts", "10" if period > 1 else "2"))
        output = Output(locate(f"s3://{BUCKET}/{prefix}", options))
        if period > 1:
            run_local(plan, output, 2)
            assert data(store, prefix) == whole
        else:
            with pytest.raises(OutputError, match="cannot be reached"):
                run_local(plan, output, 2)
            assert store.files(prefix) == {}


def generate(store: ObjectStore, prefix: str, *more: str) -> list[str]:
    command = [sys.executable, "-m", "vecgen", "generate", "--customers", "800", "--end", "2023-06-30"]
    command += ["--processes", "2", "--max-file-size", "500KB", "--resume", *more]
    return [*command, "--output", f"s3://{BUCKET}/{prefix}", *store.arguments]


@pytest.mark.slow
@pytest.mark.parametrize("returns", [True, False], ids=["returns", "stays away"])
def test_a_server_that_dies_during_the_upload(returns: bool, tmp_path: Path) -> None:
    """It is waited for, or the run ends with what can be resumed: the same bytes in the end."""
    store = ObjectStore(tmp_path / "s3", free_port())
    attempts = () if returns else ("--storage-option", "max_attempts=2")
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
    try:
        store.start()
        process = subprocess.Popen(
            generate(store, "o", *attempts),
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        until = time.monotonic() + 60
        while len(store.files("o")) < 12 and time.monotonic() < until:
            time.sleep(0.02)
        store.stop()
        if returns:
            time.sleep(1)
            store.start()
        _, error = process.communicate(timeout=300)
        if returns:
            assert process.returncode == 0, error
        else:
            assert process.returncode == 2
            assert error.splitlines()[-1].startswith("vecgen: s3://")  # pyarrow may complain before it
            assert "Traceback" not in error
            assert SUCCESS not in store.files("o")
            store.start()
            subprocess.run(generate(store, "o"), env=environment, stdout=subprocess.DEVNULL, check=True)
        local = [*generate(store, "o")[: -2 - len(store.arguments)], "--output", str(tmp_path / "local")]
        subprocess.run(local, env={**environment, "TZ": "Asia/Tokyo"}, stdout=subprocess.DEVNULL, check=True)
        files = data_files(tmp_path / "local")
        assert data(store, "o") == {str(file.relative_to(tmp_path / "local")): file.read_bytes() for file in files}
    finally:
        store.stop()


@pytest.mark.spark
def test_spark_writes_files_to_a_store(
    spark: SparkSession, store: ObjectStore, prefix: str, plan: Plan, whole: dict[str, bytes]
) -> None:
    from vecgen.spark.job import run

    run(spark, plan, Output(place(store, prefix)))
    assert data(store, prefix) == whole


@pytest.mark.heavy
@pytest.mark.spark
def test_sparks_own_writer_and_s3a(store: ObjectStore, prefix: str, machine: Machine, tmp_path: Path) -> None:
    """Downloads Hadoop's client of 650 MB; the receipt goes through pyarrow's."""
    hadoop = {"endpoint": f"http://127.0.0.1:{store.port}", "path.style.access": "true", "endpoint.region": "us-east-1"}
    flags = ["--master", "local[2]", "--packages", "org.apache.hadoop:hadoop-aws:3.5.0"]
    flags += [flag for name, value in hadoop.items() for flag in ("--conf", f"spark.hadoop.fs.s3a.{name}={value}")]
    credentials = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
    options = [*OPTIONS, "--customers", "30", "--output-mode", "rows", "--partition-by", "month", *store.arguments]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in credentials.items():
            patch.setenv(name, value)
        url = f"s3a://{BUCKET}/{prefix}"
        script = ROOT / "spark_jobs" / "generate.py"
        with machine.submit(tmp_path / "job", flags, script, *options, "--output", url) as job:
            finish(job)
    run_local(
        compile_plan(Request(customers=30, law=ModelParameters(Period(date(2023, 1, 1), date(2023, 2, 28))))),
        Output(tmp_path / "local"),
        1,
    )
    assert digest_dataset(place(store, prefix)) == digest_dataset(tmp_path / "local")
    assert SUCCESS in store.files(prefix)
