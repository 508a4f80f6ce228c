"""Stretches of rows, and what lies between them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vecgen.model.odds.stretches import list_others, pick, unite

ROWS = 12
stretches = st.lists(st.tuples(st.integers(0, ROWS), st.integers(0, ROWS)).map(sorted).map(lambda own: slice(*own)))


@given(st.lists(stretches))
def test_every_row_is_in_a_stretch_or_among_the_others(some: list[list[slice]]) -> None:
    where, values = unite(some), np.arange(ROWS)
    covered = sorted({row for own in some for stretch in own for row in values[stretch].tolist()})
    assert pick(values, where).tolist() == covered
    assert pick(np.stack([values, -values]), where).tolist() == [covered, [-row for row in covered]]
    assert pick(values, list_others(where, ROWS)).tolist() == [row for row in range(ROWS) if row not in covered]
    assert all(own.stop < later.start for own, later in pairwise(where))
