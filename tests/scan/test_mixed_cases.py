"""Cases that nothing tells the type of: each counts as one, however many rows it has."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from tests.equivalence.samplers import draw_arrays
from tests.equivalence.typed_worlds import SHIPPED, typed_world
from vecgen.sampling.arrays import I64
from vecgen.scan.groups.case_shapes import PLACE_PIECES
from vecgen.scan.groups.mixed_cases import count_cases
from vecgen.scan.row_checks import Columns, inspect

CATEGORIES = 14


@pytest.fixture(scope="module")
def rows() -> Columns:
    """Rows of one profile, all kinds of them."""
    world = typed_world(SHIPPED["bust_out"])
    batch = next(iter(next(iter(draw_arrays(world, 3, 1)))))
    return inspect(batch, world.model)[0]


def cut(rows: Columns, case: I64) -> list[tuple[I64, Columns]]:
    """Return the rows in two parts."""
    half = np.arange(len(rows)) < len(rows) // 3
    return [(case[half], rows.where(half)), (case[~half], rows.where(~half))]


def test_every_case_counts_as_one(rows: Columns) -> None:
    case = np.arange(len(rows)) % 7 % 5  # of different numbers of rows
    counts = count_cases(cut(rows, case), CATEGORIES, 2_000_000)
    assert [getattr(counts, f.name).sum() for f in fields(counts)] == pytest.approx([5.0] * 4)
    for hour in range(24):
        own = [np.mean(rows.second[case == number] // 3600 == hour) for number in range(5)]
        assert counts.hours[hour] == pytest.approx(sum(own))


def test_a_case_of_its_own_for_every_row_is_a_usual_count(rows: Columns) -> None:
    counts = count_cases(cut(rows, np.arange(len(rows))), CATEGORIES, 2_000_000)
    for category in range(CATEGORIES):
        assert counts.amounts[:, category].sum() == pytest.approx((rows.category == category).sum())
    assert counts.amounts.sum(axis=(0, 1)) == pytest.approx(np.bincount(rows.amount, minlength=counts.amounts.shape[2]))
    middle = counts.places[PLACE_PIECES // 4 : -PLACE_PIECES // 4, PLACE_PIECES // 4 : -PLACE_PIECES // 4]
    assert middle.sum() == pytest.approx(len(rows))  # none is more than a degree from home
    assert counts.seconds.sum() == pytest.approx(len(rows))


def test_no_rows_are_no_cases() -> None:
    counts = count_cases([], CATEGORIES, 1)
    assert not counts.hours.any()
    counts.add(counts)
    assert not counts.places.any()
