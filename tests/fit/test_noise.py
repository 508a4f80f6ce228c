"""Noise: its scale is what epsilon asks for, and the parts of epsilon are no more than the whole."""

from __future__ import annotations

import builtins
import math
from dataclasses import fields
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from vecgen.errors import InputError
from vecgen.fit.private.noise import BUDGET, add_laplace, check_epsilon, make_noisy, project
from vecgen.model.params import ModelParameters, Period
from vecgen.sampling.arrays import I64
from vecgen.scan.bounded.bounded_tables import UNIT, BoundedTables, start_tables
from vecgen.verify.without_model.look import Look, make_open_model


@pytest.mark.parametrize("epsilon", [0.0, -1.0, math.nan, math.inf, 1000.1])
def test_an_epsilon_that_promises_nothing_is_refused(epsilon: float) -> None:
    with pytest.raises(InputError, match="a number above 0"):
        check_epsilon(epsilon)


def test_without_the_library_a_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = builtins.__import__

    def lack(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.split(".", maxsplit=1)[0] == "opendp":
            raise ImportError(name)
        return usual(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", lack)
    with pytest.raises(InputError, match="pip install opendp"):
        check_epsilon(1.0)


@pytest.mark.parametrize("epsilon", [0.05, 3.0])
def test_noise_is_laplace_of_the_least_scale_that_hides_a_customer(epsilon: float) -> None:
    values, scale = add_laplace(np.full(3_000, 7 * UNIT), epsilon)
    assert UNIT / epsilon <= scale < UNIT / epsilon * 1.001
    # Drawn without a seed: the test fails by chance once in a thousand million runs.
    assert stats.kstest(values - 7 * UNIT, stats.laplace(scale=scale).cdf).pvalue > 1e-9


def test_noise_is_drawn_anew() -> None:
    one, two = (add_laplace(np.zeros(20, dtype=np.int64), 1.0)[0] for _ in range(2))
    assert (one != two).any()


def test_parts_of_epsilon_are_those_of_the_tables_and_no_more_than_the_whole() -> None:
    spent: list[float] = []

    def add(values: I64, epsilon: float) -> tuple[I64, float]:
        spent.append(epsilon)
        return values, UNIT / epsilon

    period = Period(date(2023, 1, 1), date(2023, 3, 31))
    model = make_open_model(Look(("all",), ("food",), period.start, period.end), ModelParameters(period))
    tables = make_noisy(start_tables(model), 0.7, add)
    assert {*BUDGET} == {f.name for f in fields(BoundedTables)}
    assert math.fsum(BUDGET.values()) == pytest.approx(1.0)
    assert 0.69999 < math.fsum(spent) <= 0.7
    assert [own["epsilon"] for own in tables.statement] == spent
    assert tables["rates"].spread == pytest.approx(math.sqrt(2.0) / (0.7 * BUDGET["rates"]))


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=20), st.floats(0.1, 1e4))
def test_projected_cells_have_the_sum_and_none_is_negative(cells: list[float], total: float) -> None:
    found = project(np.array(cells), total)
    assert found.sum() == pytest.approx(total)
    assert found.min() >= 0.0


def test_cells_of_nobody_are_empty() -> None:
    assert project(np.array([3.0, -2.0]), -1.0).tolist() == [0.0, 0.0]
