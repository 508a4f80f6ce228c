"""Merchants that are made: a function of the seed, written as they are read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, load_demographics
from vecgen.config.merchants import CATEGORIES, make_merchants, write_merchants
from vecgen.errors import InputError, OutputError


def test_merchants_are_a_function_of_the_seed() -> None:
    first, again, other = (make_merchants(seed, 40) for seed in (42, 42, 43))
    assert first == again
    assert first != other
    assert first.categories == CATEGORIES
    assert [len(set(names)) for names in first.names] == [40] * 16


@pytest.mark.parametrize("count", [0, -1, 10_001])
def test_numbers_of_merchants_out_of_range_are_refused(count: int) -> None:
    with pytest.raises(InputError, match=f"per_category: got {count}, expected a whole number from 1 to 10,000"):
        make_merchants(42, count)


def test_written_merchants_are_read_back(tmp_path: Path) -> None:
    made = make_merchants(7, 30)
    write_merchants(made, tmp_path / "merchants.csv")
    for name in ("places.csv", "age_gender.csv"):
        shutil.copy(DEFAULT_DEMOGRAPHICS / name, tmp_path)
    assert (tmp_path / "merchants.csv").read_bytes().startswith(b"category,name\ngas_transport,")
    assert load_demographics(tmp_path).merchants == made


def test_an_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "merchants.csv"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="already exists"):
        write_merchants(make_merchants(7, 1), path)
    assert path.read_text(encoding="utf-8") == "mine"


def test_a_missing_parent_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"absent.merchants\.csv: cannot be written \(No such file or directory\)"):
        write_merchants(make_merchants(7, 1), tmp_path / "absent" / "merchants.csv")
