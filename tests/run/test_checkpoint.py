"""Records of finished work: what is whole is not written again, what is damaged is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.datasets import list_tree
from vecgen.errors import InputError
from vecgen.records.receipt import PROGRESS, RUN
from vecgen.run.checkpoint import (
    clear_progress,
    find_load,
    list_recorded,
    read_finished,
    read_start,
    remove_drafts,
)
from vecgen.stores.changes import write_text
from vecgen.stores.lock import LOCK


def test_drafts_are_removed_and_finished_files_stay(tmp_path: Path) -> None:
    draft = f".a.parquet.{'0' * 32}"
    for name in (f"transactions/{draft}", f"{PROGRESS}/{draft}", "transactions/a.parquet", f"mine/{draft}"):
        write_text(tmp_path / name, "")
    remove_drafts(tmp_path)
    assert [name for name in list_tree(tmp_path) if "." in name] == [f"mine/{draft}", "transactions/a.parquet"]


def test_the_lock_outlives_the_records(tmp_path: Path) -> None:
    for name in (LOCK, RUN, "transactions-1.json"):
        write_text(tmp_path / PROGRESS / name, "")
    assert set(list_recorded(tmp_path)) == {"transactions-1"}
    clear_progress(tmp_path)
    assert list_tree(tmp_path) == [PROGRESS, f"{PROGRESS}/{LOCK}"]


def test_damaged_records_count_as_none(tmp_path: Path) -> None:
    write_text(tmp_path / PROGRESS / "transactions-1.json", "[")
    write_text(tmp_path / PROGRESS / "transactions-2.json", "[]")
    assert read_finished(tmp_path) == {"transactions-2": []}
    assert read_finished(tmp_path, known={"transactions-2"}) == {}


def test_how_a_run_was_started_is_read_back(tmp_path: Path) -> None:
    assert find_load(tmp_path) == ""
    with pytest.raises(InputError, match="got 'no such file', expected a run's record; remove"):
        read_start(tmp_path)
    begun = {"rows_per_batch": 5, "replaces": False, "load": "0a1b2c3d-"}
    write_text(tmp_path / PROGRESS / RUN, json.dumps(begun))
    assert read_start(tmp_path) == begun
    assert find_load(tmp_path) == "0a1b2c3d-"
