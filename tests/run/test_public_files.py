"""Files of the public layout: its columns, its order, readable as notebooks do, and the rows of the dataset."""

from __future__ import annotations

import csv
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import vecgen
from tests.support.datasets import data_files, list_tree, read_rows
from tests.support.public_files import HEADER
from vecgen.cli.keywords import RequestKeywords
from vecgen.errors import InputError, OutputError
from vecgen.records.receipt import Receipt
from vecgen.run.export import public_files
from vecgen.run.export.public_files import export_dataset

Dataset = tuple[Path, Receipt]
NUMBERS = {"amt", "lat", "long", "merch_lat", "merch_long", "city_pop", "unix_time", "is_fraud"}


def read_lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def exported(parquet: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the files of a dataset of 60 customers; read only."""
    output = tmp_path_factory.mktemp("export") / "public"
    export_dataset(parquet[0], output)
    return output


def test_lines_are_the_rows_of_the_dataset(exported: Path, parquet: Dataset) -> None:
    lines = [line for name in ("fraudTrain", "fraudTest") for line in read_lines(exported / f"{name}.csv")]
    by_number = {line["trans_num"]: line for line in lines}
    expected = read_rows(parquet[0]).to_pylist()
    assert len(lines) == len(by_number) == len(expected)
    for row in expected:
        line = by_number[row["trans_num"]]
        assert line["trans_date_trans_time"] == f"{row['trans_date']} {row['trans_time']}"
        assert line["merchant"] == f"fraud_{row['merchant']}"
        for name in set(line) & set(row) - {"merchant"}:
            value = row[name]
            assert (float(line[name]) if name in NUMBERS else line[name]) == (value if name in NUMBERS else str(value))


def test_each_file_is_in_the_order_of_time_and_counts_its_rows(exported: Path) -> None:
    moments = []
    for name in ("fraudTrain", "fraudTest"):
        path = exported / f"{name}.csv"
        assert path.read_text(encoding="utf-8").splitlines()[0] == f",{HEADER}"
        lines = read_lines(path)
        assert [line[""] for line in lines] == [str(number) for number in range(len(lines))]
        moments.append([(line["trans_date_trans_time"], line["trans_num"]) for line in lines])
    assert [*moments[0], *moments[1]] == sorted([*moments[0], *moments[1]])
    assert moments[0][-1][0][:10] < moments[1][0][0][:10]  # no day is in both
    assert 0.65 < len(moments[0]) / (len(moments[0]) + len(moments[1])) < 0.75


def test_quotes_are_where_they_are_needed(exported: Path) -> None:
    lines = (exported / "fraudTrain.csv").read_text(encoding="utf-8").splitlines()
    quoted = [cell for line in lines for cell in line.split('"')[1::2]]
    assert len(quoted) > 100
    assert all("," in cell for cell in quoted)


def test_pandas_reads_both_files_as_notebooks_do(exported: Path, parquet: Dataset) -> None:
    pandas = pytest.importorskip("pandas")
    frames = [
        pandas.read_csv(exported / f"{name}.csv", index_col=0, parse_dates=["trans_date_trans_time", "dob"])
        for name in ("fraudTrain", "fraudTest")
    ]
    frame = pandas.concat(frames)
    assert frame["trans_date_trans_time"].is_monotonic_increasing
    assert (frame["trans_date_trans_time"].astype("int64") // 10**9 == frame["unix_time"]).all()
    assert set(frame.select_dtypes("number").columns) == NUMBERS | {"cc_num", "zip"}
    expected = read_rows(parquet[0]).select(["trans_num", "amt", "is_fraud"]).to_pandas().set_index("trans_num")
    assert frame.set_index("trans_num")[["amt", "is_fraud"]].sort_index().equals(expected.astype({"is_fraud": "int64"}))


def test_the_same_rows_give_the_same_bytes(
    exported: Path, text: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever files they come from, and in however many pieces they are sorted."""
    for name, size in (("_LEAST_PIECE", 500), ("_PIECES", 10**9), ("_SHARED_OUT", 2_000), ("_LINES", 300)):
        monkeypatch.setattr(public_files, name, size)
    export_dataset(text[0], tmp_path / "pieces")
    for name in ("fraudTrain.csv", "fraudTest.csv"):
        assert (tmp_path / "pieces" / name).read_bytes() == (exported / name).read_bytes()


def test_parquet_has_the_same_columns_and_rows(exported: Path, parquet: Dataset, tmp_path: Path) -> None:
    vecgen.export_dataset(parquet[0], output=tmp_path / "o", format="parquet", quiet=True)
    for name in ("fraudTrain", "fraudTest"):
        table = pq.read_table(tmp_path / "o" / f"{name}.parquet")
        assert table.column_names == HEADER.split(",")
        lines = read_lines(exported / f"{name}.csv")
        assert table.column("merchant").to_pylist() == [line["merchant"] for line in lines]
        moments = pc.strftime(table.column("trans_date_trans_time"), "%Y-%m-%d %H:%M:%S").to_pylist()
        assert [str(m)[:19] for m in moments] == [line["trans_date_trans_time"] for line in lines]


def test_a_date_splits_the_files(parquet: Dataset, tmp_path: Path) -> None:
    train, test = export_dataset(parquet[0], tmp_path / "o", date(2024, 1, 2))
    assert (train.last, test.first) == (date(2024, 1, 1), date(2024, 1, 2))
    assert train.path == tmp_path / "o" / "fraudTrain.csv"
    assert (train.rows, test.rows) == tuple(len(read_lines(own.path)) for own in (train, test))


def test_a_prefix_that_is_there_stays_alone(text: Dataset, tmp_path: Path) -> None:
    """The original's own names of merchants have it."""
    (tmp_path / "data").mkdir()
    for path in data_files(text[0] / "transactions")[:9]:
        lines = [line.split("|") for line in path.read_text(encoding="utf-8").splitlines()]
        place = lines[0].index("merchant")
        named = [lines[0], *([*line[:place], f"fraud_{line[place]}", *line[place + 1 :]] for line in lines[1:])]
        name = f"{len(list_tree(tmp_path / 'data'))}.csv"
        (tmp_path / "data" / name).write_text("\n".join(map("|".join, named)) + "\n", encoding="utf-8")
    export_dataset(tmp_path / "data", tmp_path / "o")
    merchants = {line["merchant"] for path in data_files(tmp_path / "o") for line in read_lines(path)}
    assert {name.count("fraud_") for name in merchants} == {1}


@pytest.mark.parametrize("day", [date(2023, 12, 20), date(2024, 1, 21), date(1, 1, 1)])
def test_a_date_that_leaves_a_file_empty_is_refused(day: date, parquet: Dataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"split_date.*a date from 2023-12-21 to 2024-01-\d\d, which leaves"):
        export_dataset(parquet[0], tmp_path / "o", day)
    assert list_tree(tmp_path) == []


def test_fewer_columns_are_refused(profiles: Path, demographics: Path, tmp_path: Path) -> None:
    asked: RequestKeywords = {"customers": 3, "profiles": profiles, "demographics": demographics, "end": "2023-01-09"}
    vecgen.write_transactions(output=tmp_path / "d", normalized=True, quiet=True, **asked)
    with pytest.raises(InputError, match=r"no cc_num, first, last, .* that was written with all columns"):
        export_dataset(tmp_path / "d", tmp_path / "o")


def test_what_cannot_be_exported_is_one_line(parquet: Dataset, text: Dataset, tmp_path: Path) -> None:
    cases: list[tuple[Path, Path, type[Exception], str]] = [
        (tmp_path / "nowhere", tmp_path / "o", InputError, "no such directory"),
        (parquet[0] / "customers", tmp_path / "o", InputError, "no transactions"),
        (parquet[0], parquet[0], OutputError, "already exists; remove it or name another directory"),
    ]
    one_day = tmp_path / "day"
    one_day.mkdir()
    lines = data_files(text[0] / "transactions")[0].read_text(encoding="utf-8").splitlines(keepends=True)
    (one_day / "a.csv").write_text("".join(lines[:2]), encoding="utf-8")
    cases.append((one_day, tmp_path / "o", InputError, "transactions of one day"))
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "a.csv").write_text("".join([*lines[:-1], lines[-1].replace(":", "-")]), encoding="utf-8")
    cases.append((broken, tmp_path / "o", InputError, "column trans_time"))
    before = list_tree(tmp_path)
    for directory, output, kind, message in cases:
        with pytest.raises(kind, match=message):
            export_dataset(directory, output)
    assert list_tree(tmp_path) == before


def test_files_are_not_written_into_the_dataset(parquet: Dataset, tmp_path: Path) -> None:
    shutil.copytree(parquet[0], tmp_path / "data")
    with pytest.raises(OutputError, match="is inside the dataset"):
        export_dataset(tmp_path / "data", tmp_path / "data" / "public")
    assert list_tree(tmp_path / "data") == list_tree(parquet[0])


def test_a_run_that_fails_leaves_nothing(parquet: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(public_files, "_write_csv", fail)
    with pytest.raises(OutputError, match=r"cannot be written .No space left on device"):
        export_dataset(parquet[0], tmp_path / "o")
    assert list_tree(tmp_path) == []
