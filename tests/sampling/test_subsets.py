"""Sums over subsets of rows against every subset by itself, and pieces of an axis against points on it."""

from __future__ import annotations

from itertools import chain, combinations
from math import comb, prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecgen.sampling.subsets import Axis, cover_all, cut_axis, share_choices, sum_covered, sum_subsets

factors = st.lists(
    st.tuples(st.sampled_from([0.0, 0.3, 1.0, 2.5]), st.sampled_from([0.0, 0.5, 1.0])), min_size=1, max_size=6
)


@given(factors)
def test_sums_are_those_of_every_subset(rows: list[tuple[float, float]]) -> None:
    inside, outside = np.array(rows).T
    weights = np.linspace(0.2, 1.7, len(rows) + 1)
    held, left = np.zeros(len(rows)), np.zeros(len(rows))
    for chosen in chain.from_iterable(combinations(range(len(rows)), n) for n in range(len(rows) + 1)):
        own = np.isin(np.arange(len(rows)), chosen)
        joint = weights[len(chosen)] * prod(np.where(own, inside, outside).tolist())
        held, left = held + joint * own, left + joint * ~own
    found = sum_subsets(inside[np.newaxis], outside[np.newaxis], weights[np.newaxis])
    assert found[0][0] == pytest.approx(held)
    assert found[1][0] == pytest.approx(left)
    covered = sum_covered(inside[np.newaxis], outside[np.newaxis], weights[np.newaxis], [])
    assert covered[0][0] == pytest.approx(held)
    assert covered[1][0] == pytest.approx(left)
    assert covered[2] == pytest.approx(held[0] + left[0])


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9)), min_size=1, max_size=5))
def test_pieces_of_an_axis_are_its_points_by_what_covers_them(intervals: list[tuple[int, int]]) -> None:
    low = np.array([[float(start) for start, _ in intervals]])
    high = low + np.array([[float(length) for _, length in intervals]])

    def measure(points: np.ndarray) -> np.ndarray:
        return np.asarray(np.clip(points, 0.0, 25.0) / 25.0)

    weights, covers = cut_axis(Axis(low, high, measure))
    points = np.arange(0.005, 25.0, 0.01)
    over = (low[0] < points[:, np.newaxis]) & (points[:, np.newaxis] < high[0])
    for pattern in np.unique(over[over.any(axis=1)], axis=0):
        share = (over == pattern).all(axis=1).mean()
        assert weights[0][(covers[0] == pattern).all(axis=1)].sum() == pytest.approx(share, abs=1e-3)
    assert cover_all(Axis(low, high, measure)) == pytest.approx([over.all(axis=1).mean()], abs=1e-3)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9)), min_size=1, max_size=4))
def test_rows_that_share_a_point_of_an_axis_are_summed_up_piece_by_piece(intervals: list[tuple[int, int]]) -> None:
    low = np.array([[float(start) for start, _ in intervals]])
    high = low + np.array([[float(length) for _, length in intervals]])
    axis = Axis(low, high, lambda points: np.asarray(np.clip(points, 0.0, 25.0) / 25.0))
    inside, outside = np.linspace(0.5, 1.5, len(intervals))[np.newaxis], np.full(low.shape, 0.7)
    weights = np.linspace(0.0, 1.0, len(intervals) + 1)[np.newaxis]  # none of nobody: it covers all
    pieces, covers = cut_axis(axis)
    expected = np.zeros((2, len(intervals)))
    for share, covered in zip(pieces[0].tolist(), covers[0], strict=True):
        expected += share * np.stack(sum_subsets(inside * covered, outside, weights))[:, 0]
    held, left, every = sum_covered(inside, outside, weights, [axis])
    assert np.stack([held[0], left[0]]) == pytest.approx(expected)
    assert every == pytest.approx(expected.sum(axis=0)[0])


def test_choices_of_rows_are_shared_out() -> None:
    shares = share_choices(7)
    assert [[1.0 / shares[size, number] for number in range(size + 1)] for size in range(8)] == [
        pytest.approx([comb(size, number) for number in range(size + 1)]) for size in range(8)
    ]
    assert not np.triu(shares, 1).any()
