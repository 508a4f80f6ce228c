"""Forked workers of the original: the same draws under several customers, never twice under one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import LAW
from tests.support.datasets import read_rows
from vecgen.config.loader import load_profiles
from vecgen.model.exact import write_out
from vecgen.records.receipt import Receipt
from vecgen.scan.row_checks import Columns, inspect
from vecgen.verify.repeated_draws import RepeatedDraws, find_repeated_draws


@pytest.fixture(scope="module")
def rows(profiles: Path, parquet: tuple[Path, Receipt]) -> Columns:
    batch = read_rows(parquet[0]).slice(0, 200).to_batches()[0]
    return inspect(batch, write_out(load_profiles(profiles), LAW))[0]


def test_rows_of_ours_are_all_different(rows: Columns, tmp_path: Path) -> None:
    assert find_repeated_draws([rows], tmp_path) is None


def test_workers_that_drew_the_same_are_counted(rows: Columns, tmp_path: Path) -> None:
    others = [replace(rows, customer=rows.customer + np.uint64(worker)) for worker in (1, 2)]
    assert find_repeated_draws([rows, *others], tmp_path) == RepeatedDraws(3, 2 * len(rows))


def test_a_copied_row_is_no_worker(rows: Columns, tmp_path: Path) -> None:
    assert find_repeated_draws([rows, rows], tmp_path) is None
