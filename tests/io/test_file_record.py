"""Records of written files survive JSON."""

from __future__ import annotations

import json
from datetime import date

import pytest

from vecgen.io.digest import parse_digest
from vecgen.io.file_record import FileRecord, from_json, to_json

DIGEST = parse_digest(3, "94365804f4fdd101899fea6057c9c3c4")


@pytest.mark.parametrize("days", [(None, None), (date(2023, 1, 1), date(2023, 1, 31))])
def test_a_record_is_read_back(days: tuple[date | None, date | None]) -> None:
    record = FileRecord("transactions/a.parquet", 3, 120, "0" * 32, DIGEST, *days)
    assert from_json(json.loads(json.dumps(to_json(record)))) == record


def test_a_record_that_lacks_a_field_is_refused() -> None:
    row = to_json(FileRecord("a", 3, 120, "0" * 32, DIGEST))
    del row["checksum"]
    with pytest.raises(KeyError, match="checksum"):
        from_json(row)
