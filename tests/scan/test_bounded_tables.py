"""Bounded tables: their cells follow from what is stated, and tables of other customers add up."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import numpy as np

from vecgen.config.demographics import MAX_AGE
from vecgen.model.exact import AMOUNT_EDGES
from vecgen.model.params import ModelParameters, Period
from vecgen.scan.bounded.bounded_tables import (
    AGES,
    AMOUNT_ENDS,
    GROUPED,
    BoundedTables,
    number_months,
    number_weekdays,
    start_tables,
)
from vecgen.verify.without_model.look import Look, make_open_model

PERIOD = Period(date(2023, 12, 30), date(2024, 2, 2))
MODEL = make_open_model(Look(("all",), ("food", "fuel"), PERIOD.start, PERIOD.end), ModelParameters(PERIOD))


def test_months_and_weekdays_are_counted_from_the_first_day() -> None:
    assert np.bincount(number_months(MODEL)).tolist() == [2, 31, 2]
    assert number_weekdays(MODEL)[:4].tolist() == [5, 6, 0, 1]  # a Saturday


def test_cells_follow_from_what_is_stated() -> None:
    tables = start_tables(MODEL)
    assert {f.name: getattr(tables, f.name).sum() for f in fields(BoundedTables)} == {
        f.name: 0 for f in fields(BoundedTables)
    }
    assert tables.ages.shape == (2, AGES) == (2, MAX_AGE + 1)
    assert (tables.choices.shape, tables.months.shape, tables.days.shape) == ((1, 2, 2), (3,), (35,))


def test_cells_of_amounts_are_groups_of_finer_ones() -> None:
    cents = np.array([100, 150, 10_000, 10**9])
    fine = np.searchsorted(AMOUNT_EDGES, cents, side="right")
    assert (fine // GROUPED).tolist() == np.searchsorted(AMOUNT_ENDS, cents, side="right").tolist()


def test_tables_of_other_customers_add_up() -> None:
    one, two = start_tables(MODEL), start_tables(MODEL)
    one.days[3], two.days[3], two.fraud[0] = 5, 7, 1
    one.add(two)
    assert (one.days[3], one.fraud[0], two.days[3]) == (12, 1, 7)
