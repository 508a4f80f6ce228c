"""Records of written files survive JSON."""

from __future__ import annotations

import json
from datetime import date

import pytest

from vecgen.io.digest import parse_digest
from vecgen.io.file_record import (
    FileRecord,
    find_batch,
    from_json,
    is_data_name,
    name_batch,
    name_range,
    name_slice,
    to_json,
)

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


def test_names_of_files_tell_load_and_batch() -> None:
    name = name_slice(17, 3, 1)
    assert name == "part-00017-03-001"
    assert find_batch(f"{name}.parquet") == (None, 17)
    assert find_batch(f"0a1b2c3d-{name}.csv") == ("0a1b2c3d-", 17)
    for other in (f"{name_range(5)}.parquet", "transactions.parquet", f"{name}.txt", f"x-{name}.parquet"):
        assert find_batch(other) is None


@pytest.mark.parametrize(
    "stem", [name_slice(1, 2, 3), name_range(10**12), name_batch(4), "transactions", "fraud_cases"]
)
def test_names_of_ours_are_known(stem: str) -> None:
    assert is_data_name(f"{stem}.parquet")
    assert is_data_name(f"0a1b2c3d-{stem}.csv")
    assert not is_data_name(f"{stem}.txt")
    assert not is_data_name(f"my-{stem}.csv")
