"""Rows are kept between the first look and the count, wherever that pays; the counts are the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import vecgen
from tests.support.datasets import data_files, list_tree
from tests.support.public_files import write_public
from tests.support.tables import NAMES, make_table, write_csv, write_parquet
from vecgen.errors import OutputError
from vecgen.io.foreign import table
from vecgen.records.receipt import Receipt
from vecgen.scan.column_map import ColumnMap, read_map
from vecgen.verify.without_model.count_rows import read_mapped
from vecgen.verify.without_model.kept_rows import KeptRows, has_room, size_of_rows

Dataset = tuple[Path, Receipt]
MAP = ColumnMap(read_map(NAMES.items()))


def test_rows_come_back_as_they_were(parquet: Dataset, tmp_path: Path) -> None:
    data = write_csv(make_table(parquet[0]).set_column(3, "value", _some_refunds(parquet[0])), tmp_path / "rows.csv")
    (tmp_path / "kept").mkdir()
    kept = KeptRows(tmp_path / "kept", (data,), 3)
    with kept.open(data) as writer:
        for mapped in read_mapped(data, MAP):
            writer.add_mapped(mapped)
    for share in range(3):
        expected = [own.batch for own in read_mapped(data, MAP, (share, 3))]
        found = list(kept.read(data, share))
        assert pa.Table.from_batches([own for own, _ in found]).equals(pa.Table.from_batches(expected))
        assert sum(sum(left_out.values()) for _, left_out in found) == (3 if share == 0 else 0)
    assert data in kept
    assert tmp_path not in kept


def _some_refunds(dataset: Path) -> pa.Array:
    return pa.array([-1.0] * 3 + make_table(dataset)["value"].to_pylist()[3:])


@pytest.mark.parametrize("form", ["csv dataset", "public", "csv table", "parquet table"])
@pytest.mark.parametrize("processes", [1, 2])
def test_a_fit_is_the_same_whether_rows_are_kept_or_not(
    form: str,
    processes: int,
    text: Dataset,
    profiles: Path,
    demographics: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vecgen.verify.without_model.count_rows.SHARE_BYTES", 1 << 10)
    told: dict[str, Any] = {"profiles": profiles, "demographics": demographics, "least_customers": 5}
    data = text[0]
    if form == "public":
        data = write_public(text[0], tmp_path / "public")
    elif form != "csv dataset":
        told["map"] = NAMES
        write = write_csv if form == "csv table" else write_parquet
        data = write(make_table(text[0]), tmp_path / f"rows.{form.split(maxsplit=1)[0]}")
    fits = []
    for name, room in (("kept", True), ("again", False)):
        monkeypatch.setattr("vecgen.verify.without_model.count_dataset.has_room", lambda *_, room=room: room)
        fits.append(vecgen.fit_dataset(data, output=tmp_path / name, quiet=True, processes=processes, **told))
    assert list_tree(fits[0]) == list_tree(fits[1])
    for path in list_tree(fits[0]):
        if (fits[0] / path).is_file():
            assert (fits[0] / path).read_bytes() == (fits[1] / path).read_bytes(), path


def test_text_is_parsed_once(
    parquet: Dataset, profiles: Path, demographics: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    read = table._read_csv

    def note(path: Path, *rest: Any) -> Any:
        opened.append(path)
        return read(path, *rest)

    monkeypatch.setattr(table, "_read_csv", note)
    data = write_csv(make_table(parquet[0]), tmp_path / "rows.csv")
    vecgen.fit_dataset(
        data, output=tmp_path / "mine", map=NAMES, profiles=profiles, demographics=demographics, quiet=True
    )
    assert opened == [data]


def test_room_is_that_of_the_text_or_of_a_hundred_bytes_a_row(parquet: Dataset, tmp_path: Path) -> None:
    rows = make_table(parquet[0])
    one, other = write_csv(rows, tmp_path / "rows.csv"), write_parquet(rows, tmp_path / "rows.parquet")
    assert size_of_rows(one) == one.stat().st_size
    assert size_of_rows(other) == 100 * rows.num_rows
    assert has_room(tmp_path, 1)
    assert not has_room(tmp_path, 1 << 60)


def test_a_full_disk_is_one_line(text: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vecgen.verify.without_model.kept_rows.pa.ipc.new_stream", fail)
    with pytest.raises(OutputError, match=r"scratch cannot be written .No space left on device.; set TMPDIR"):
        vecgen.fit_dataset(data_files(text[0] / "transactions")[0], output=tmp_path / "mine", quiet=True)
    assert list_tree(tmp_path) == []
