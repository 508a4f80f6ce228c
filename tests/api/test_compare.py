"""Two datasets compared by a call."""

from __future__ import annotations

from pathlib import Path

import pytest

import vecgen
from vecgen.errors import InputError
from vecgen.records.receipt import Receipt


def test_a_dataset_is_like_itself(parquet: tuple[Path, Receipt], tmp_path: Path) -> None:
    found = vecgen.compare_datasets(parquet[0], str(parquet[0]), classifier=False, quiet=True)
    assert found.alike
    assert found.one.rows == found.other.rows == parquet[1].parts["transactions"].rows
    with pytest.raises(InputError, match=r"other: got 3 \(a whole number\), expected a path or a URL"):
        vecgen.compare_datasets(parquet[0], 3)  # type: ignore[arg-type]
