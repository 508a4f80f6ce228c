"""A first look at datasets that nobody has described."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import WINTER
from tests.support.datasets import data_files
from vecgen.errors import InputError
from vecgen.records.receipt import Receipt
from vecgen.verify.without_model.look import look_at


def test_profiles_categories_and_dates_are_found(parquet: tuple[Path, Receipt]) -> None:
    look = look_at(data_files(parquet[0] / "transactions"))
    assert set(look.profiles) == {"adults_2550_female_urban", "adults_50up_male_rural", "leftovers"}
    assert len(look.categories) == 14
    assert (look.first, look.last) == (WINTER.start, WINTER.end)


def test_nothing_to_look_at_is_refused() -> None:
    with pytest.raises(InputError, match="transactions: got 'no rows'"):
        look_at([])
