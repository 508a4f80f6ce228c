"""What rows say under a label: categories, moments and amounts of all labels at once against each label by itself."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tests.model.test_labels import sides_of
from tests.model.test_posterior import seen
from tests.model.test_typed_posterior import DAYS, KINDS
from vecgen.model.odds.reading import Contents, find_days, read_labels


@pytest.fixture(autouse=True)
def _impossible_rows() -> Iterator[None]:
    with np.errstate(divide="ignore", invalid="ignore"):  # what cannot be has the logarithm of 0
        yield


@pytest.mark.parametrize("everywhere", [False, True])
def test_labels_say_the_same_category_by_category(everywhere: bool) -> None:
    sides, rows = sides_of(*KINDS.values()), seen({**DAYS, 5: [(30_000, 1, 4000, 0, 0)]})  # the twin buys no fuel
    rows = rows.take(np.argsort(rows.category))
    somewhere = 0
    for one, each in zip(Contents(sides, everywhere).read(rows), read_labels(sides, rows), strict=True):
        possible = one.pick(np.arange(len(rows)))
        assert one.is_everywhere == (len(possible) == len(rows))
        somewhere += not one.is_everywhere
        assert one.content[0] == pytest.approx(each.content[0, possible], rel=1e-10)
        assert one.place.tolist() == each.place[:, possible].tolist()
        logs = each.content[0] + each.place[0]
        assert (np.delete(logs, possible) == -np.inf).all()
        assert one.spread(np.exp(one.content[0] + one.place[0])) == pytest.approx(np.exp(logs), rel=1e-9)
        if one.timeless is not None and each.timeless is not None:
            assert one.timeless[0] == pytest.approx(each.timeless[0, possible], rel=1e-10)
        assert (one.timeless is None) == (each.timeless is None) == (not one.side.burst)
    assert (somewhere > 0) != everywhere


def test_days_of_rows_are_found_in_any_order() -> None:
    rows = seen(DAYS)
    order = np.array([4, 1, 5, 0, 3, 2])
    days = find_days(rows, order)
    assert days.day.tolist() == [2, 3, 4]
    assert days.sizes.tolist() == [2, 3, 1]
    assert days.day[days.of_row].tolist() == rows.day[order].tolist()
    assert rows.take(order).take(days.place).second.tolist() == rows.second.tolist()
