"""The receipt of a run: parts are sums over records, and the marker of success comes last."""

from __future__ import annotations

from pathlib import Path

import pytest

from vecgen.io.digest import Digest, parse_digest
from vecgen.io.file_record import FileRecord
from vecgen.records.receipt import RECEIPT, SUCCESS, Receipt, read_receipt
from vecgen.run.publish import list_unrecorded, publish_receipt, sum_records


def record(path: str, rows: int, digest: str) -> FileRecord:
    return FileRecord(path, rows, 10 * rows, "0" * 32, parse_digest(rows, digest))


def test_parts_are_sums_whatever_the_order() -> None:
    records = [
        record("transactions/year=2023/a", 2, f"{5:032x}"),
        record("customers/b", 1, f"{7:032x}"),
        record("transactions/c", 3, f"{9:032x}"),
    ]
    parts = sum_records(records)
    assert parts == sum_records(reversed(records))
    assert list(parts) == ["customers", "transactions"]
    found = parts["transactions"]
    assert (found.rows, found.files, found.bytes) == (5, 2, 50)
    assert found.digest == str(records[0].digest + records[2].digest)
    assert sum_records([]) == {}
    assert str(Digest()) == "0" * 32


def test_files_of_another_writer_are_known_by_their_size(parquet: tuple[Path, Receipt]) -> None:
    listed = list_unrecorded(parquet[0], ["customers"])
    assert [(file.path.split("/")[0], file.rows, file.checksum) for file in listed] == [("customers", None, None)]
    assert listed[0].bytes == (parquet[0] / listed[0].path).stat().st_size


def test_a_receipt_is_published_before_the_marker(
    parquet: tuple[Path, Receipt], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []

    def write(path: Path, text: str) -> None:
        written.append(path.name)
        path.write_text(text, encoding="utf-8")

    monkeypatch.setattr("vecgen.run.publish.write_text", write)
    publish_receipt(parquet[1], tmp_path)
    assert written == [RECEIPT, SUCCESS]
    assert read_receipt(tmp_path) == parquet[1]
