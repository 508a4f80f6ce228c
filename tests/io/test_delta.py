"""Delta tables: what is no table, and a library that is not installed. Loads: tests/run/test_table_loads.py."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from vecgen.errors import InputError, setting
from vecgen.io.delta import check_store, import_deltalake, list_ranges, live_files


def test_a_directory_without_a_log_is_no_table(tmp_path: Path) -> None:
    pytest.importorskip("deltalake")
    for read in (live_files, list_ranges):
        with pytest.raises(InputError, match=f"{tmp_path}: got .*, expected a Delta table"):
            read(tmp_path)


def test_a_library_that_is_missing_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "deltalake", None)
    with pytest.raises(InputError, match=r"^table: delta: got 'no deltalake', .*; pip install deltalake"):
        import_deltalake(setting("table"))


def test_the_files_of_a_table_are_those_of_its_last_snapshot(tmp_path: Path) -> None:
    deltalake = pytest.importorskip("deltalake")
    pa = pytest.importorskip("pyarrow")
    check_store(tmp_path)
    for day in ("2023-01-02", "2023-01-03"):
        deltalake.write_deltalake(str(tmp_path), pa.table({"trans_date": [day]}), mode="overwrite")
    names = {file.name for file in tmp_path.glob("*.parquet")}
    assert len(names) == 2
    assert live_files(tmp_path) < names
    assert len(live_files(tmp_path)) == 1
