"""Two datasets are read alike: one set of profiles and categories, each its own period."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from vecgen.errors import InputError
from vecgen.report.comparison.reading import Reading, read_pair, weigh_days
from vecgen.scan.comparison.marginals import TABLES


def test_tables_have_the_cells_of_both(spring: Path, write_spring: Callable[..., Path]) -> None:
    few = write_spring("few", customers=3, start="2023-04-03", end="2023-05-16")
    pair = read_pair(spring, few)
    assert pair.models[0].profiles == pair.models[1].profiles
    assert set(pair.models[0].profiles) == {*pair.opened[0].look.profiles, *pair.opened[1].look.profiles}
    for table in TABLES:
        one, other = (side.marginals.tables[table.name] for side in pair.statistics)
        assert one.shape == other.shape
    assert [period.days for period in pair.periods] == [92, 44]


def test_days_weigh_by_how_many_a_period_has(spring: Path, write_spring: Callable[..., Path]) -> None:
    pair = read_pair(spring, write_spring("april", start="2023-04-03", end="2023-05-16"))
    weights = weigh_days(pair, "month", 0)
    assert np.flatnonzero(weights).tolist() == [3, 4]  # April and May: what both have
    assert weights[3] / weights[4] == pytest.approx(31 / 30)
    other = weigh_days(pair, "month", 1)
    assert other[3] / other[4] == pytest.approx(16 / 28)
    assert (weigh_days(pair, "weekday", 1) > 0).all()


def test_processes_are_checked(spring: Path) -> None:
    with pytest.raises(InputError, match="processes"):
        read_pair(spring, spring, Reading(processes=0))
