"""Hostile datasets: whatever stands in their files ends in a verdict or in one line, in little memory, inside them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import Compile
from tests.support.datasets import data_files, list_tree
from vecgen.config.json_value import JsonValue
from vecgen.errors import InputError, OutputError
from vecgen.plan.form import Form
from vecgen.plan.output import Output
from vecgen.records.parse import check_records, check_run, read_recorded
from vecgen.records.receipt import PROGRESS, RECEIPT
from vecgen.run.local import run_local

GIGABYTE = 1 << 30


@pytest.fixture(scope="module")
def small(compile_small: Compile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a dataset of a few files."""
    path = tmp_path_factory.mktemp("hostile") / "o"
    run_local(compile_small(customers=4), Output(path, Form(partition_by=())), 1)
    return path


# --------------------------------------------------------------------------------------------------------------- memory
# Not ru_maxrss, which a process inherits from the one that started it.
MEASURED = (
    "import re, sys; from vecgen.cli.main import main; status = main(sys.argv[1:]); "
    "print(re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1]); sys.exit(status)"
)


def repeat_rows(table: pa.Table, rows: int, name: str = "", text: str = "") -> pa.Table:
    """Return the first row many times, one of its columns replaced by a text."""

    def repeat(column: str, array: pa.ChunkedArray) -> pa.Array:
        value = text if column == name else array[0].as_py()
        once = pa.array([value], pa.string() if isinstance(value, str) else array.type)
        return pa.DictionaryArray.from_arrays(pa.nulls(rows, pa.int32()).fill_null(0), once)

    return pa.table([repeat(*pair) for pair in zip(table.column_names, table.columns, strict=True)], table.column_names)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak of its memory in /proc")
@pytest.mark.parametrize(
    ("bomb", "said"),
    [
        (lambda table: (repeat_rows(table, 5_000, "trans_num", "a" * 30_000_000), {}), "bytes of text in"),
        (lambda table: (repeat_rows(table, 5_000, "trans_num", "a" * 900_000), {}), "a text of 900,000 bytes"),
        (lambda table: (repeat_rows(table, 300_000, "street", "a" * 400_000), {}), "no more rows than bytes"),
        (
            lambda table: (
                repeat_rows(table, 5_000).cast(table.schema),
                {"use_dictionary": False, "column_encoding": {"trans_num": "DELTA_BYTE_ARRAY"}},
            ),
            "encodings that bound the text",
        ),
    ],
)
def test_a_small_file_takes_little_memory(
    small: Path, tmp_path: Path, bomb: Callable[[pa.Table], tuple[pa.Table, dict[str, object]]], said: str
) -> None:
    file = data_files(small / "transactions")[0]
    table, options = bomb(pq.ParquetFile(file).read())
    pq.write_table(table, tmp_path / "bomb.parquet", compression="zstd", **options)
    assert (tmp_path / "bomb.parquet").stat().st_size < 300_000
    run = [sys.executable, "-c", MEASURED, "digest", str(tmp_path)]
    done = subprocess.run(run, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert int(done.stdout) * 1024 < GIGABYTE


# -------------------------------------------------------------------------------------------------- outside the output
def make_links(output: Path, stranger: Path) -> list[Path]:
    """Return links that are to be put into an output."""
    return [output / PROGRESS, output / PROGRESS / "lock", output / "transactions", output / "customers" / "x.parquet"]


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("existing", ["refuse", "resume", "overwrite"])
def test_nothing_is_written_or_removed_through_a_link(
    small: Path, compile_small: Compile, tmp_path: Path, place: int, existing: str
) -> None:
    output, stranger = tmp_path / "o", tmp_path / "stranger"
    if existing == "overwrite":
        shutil.copytree(small, output)
    stranger.mkdir()
    for name in ("run.json", "lock", f".x.{'0' * 32}", "part-00000-00-000.parquet"):
        (stranger / name).write_text("mine", encoding="utf-8")
    link = make_links(output, stranger)[place]
    shutil.rmtree(link, ignore_errors=True)
    link.unlink(missing_ok=True)
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(stranger / "lock" if place in (1, 3) else stranger)
    before = list_tree(stranger)
    with pytest.raises(OutputError, match="is a link or a special file"):
        run_local(compile_small(customers=4), Output(output), 1, existing=existing)  # type: ignore[arg-type]
    assert list_tree(stranger) == before
    assert {(stranger / name).read_text(encoding="utf-8") for name in before} == {"mine"}


def test_a_pipe_in_an_output_is_refused(compile_small: Compile, tmp_path: Path) -> None:
    (tmp_path / "o").mkdir()
    os.mkfifo(tmp_path / "o" / RECEIPT)
    with pytest.raises(OutputError, match="special file"):
        run_local(compile_small(customers=4), Output(tmp_path / "o"), 1)


# -------------------------------------------------------------------------------------------------------------- records
@pytest.mark.parametrize("load", ["../../x", "/tmp/x", "0123456g-", "0123456", 7, None, "01234567-/", "01234567-\n"])
def test_a_run_that_names_a_place_outside_is_refused(load: object) -> None:
    with pytest.raises(InputError, match="load"):
        check_run(JsonValue("run.json", "", {"rows_per_batch": 1, "replaces": False, "load": load}))


@pytest.mark.parametrize("path", ["../x.parquet", "/x.parquet", "transactions", "transactions/../../x", "a/b", "", 7])
def test_a_record_of_a_file_outside_is_refused(path: object) -> None:
    dates = {"first_date": None, "last_date": None}
    record = {"path": path, "rows": 1, "bytes": 1, "checksum": "0" * 32, "digest": "0" * 32, **dates}
    with pytest.raises(InputError, match="path"):
        check_records(JsonValue("r.json", "", [record]))
    check_records(JsonValue("r.json", "", [{**record, "path": "transactions/year=2023/a.parquet"}]))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b" " * (1 << 25), "at most"),
        (b"[" * 100_000, "RecursionError"),
        (b"[" * 20 + b"]" * 20, "levels"),
        (b"\xff", "UnicodeDecodeError"),
        (b"NaN", "ValueError"),
    ],
)
def test_what_vecgen_would_not_write_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "r.json").write_bytes(content)
    with pytest.raises(InputError, match=said):
        read_recorded(tmp_path / "r.json", "a record", lambda _: None)
    assert read_recorded(tmp_path / "none.json", "a record", lambda _: None) is None
