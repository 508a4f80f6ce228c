"""Ages and merchants: what has too few customers is merged or dropped."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from vecgen.config.demographics import Merchants
from vecgen.fit.demographics import fit_ages, fit_merchants
from vecgen.scan.row_counts import RowCounts


def test_neighbouring_ages_are_merged_until_there_are_enough_customers() -> None:
    ages = np.zeros((2, 200), dtype=np.int64)
    ages[0, [30, 31, 32, 33]] = [25, 10, 12, 3]
    ages[1, 50] = 5
    rows = fit_ages(ages, least=20)
    assert [(gender, age) for gender, age, _ in rows] == [("F", 30), ("F", 31), ("F", 32), ("F", 33)]
    assert [share * 55 for *_, share in rows] == pytest.approx([25, 25 / 3, 25 / 3, 25 / 3], rel=1e-5)


def test_without_customers_there_are_no_ages() -> None:
    assert fit_ages(np.zeros((2, 200), dtype=np.int64), least=20) == []


def count(merchants: dict[tuple[int, str], int]) -> RowCounts:
    none = np.zeros(1, dtype=np.int64)
    return RowCounts(none, none, none, none, none, none, none, none, none > 0, Counter(merchants))


USUAL = Merchants(("food", "home"), (("A", "B"), ("C",)))


def test_names_that_the_lists_have_leave_them_as_they_are() -> None:
    assert fit_merchants([count({(0, "A"): 3}), count({(1, "C"): 1})], ("food", "home"), USUAL, 20) is None


def test_other_names_make_a_list_of_the_frequent_ones() -> None:
    seen = count({(0, "A"): 30, (0, "X"): 20, (0, "Rare"): 19, (0, 'Qu"ote'): 90, (1, "Y"): 1, (2, "Z"): 2})
    rows = fit_merchants([seen], ("food", "home", "new"), USUAL, 20)
    assert rows == [("food", "A"), ("food", "X"), ("home", "C"), ("new", "merchant of new")]
