"""Sums over subsets of rows against every subset by itself, and pieces of an axis against points on it."""

from __future__ import annotations

from itertools import chain, combinations
from math import comb, prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecgen.sampling.subsets import (
    cover_all,
    cut_axis,
    share_choices,
    sum_covered,
    sum_products,
    sum_subsets,
)

Factors = list[tuple[float, float]]
"""Of each row in a subset, and of one that is not."""
factors = st.lists(
    st.tuples(st.sampled_from([0.0, 0.3, 1.0, 2.5]), st.sampled_from([0.0, 0.5, 1.0])), min_size=1, max_size=6
)
intervals = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9)), min_size=1, max_size=4)


def sum_each(rows: Factors, weights: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the sums over subsets that hold each row, and over all, subset by subset."""
    inside, outside = np.array(rows).T
    held, every = np.zeros(len(rows)), 0.0
    for chosen in chain.from_iterable(combinations(range(len(rows)), n) for n in range(len(weights))):
        own = np.isin(np.arange(len(rows)), chosen)
        joint = weights[len(chosen)] * prod(np.where(own, inside, outside).tolist())
        held, every = held + joint * own, every + joint
    return held, every


@given(st.lists(factors, min_size=1, max_size=4), st.integers(1, 7))
def test_sums_are_those_of_every_subset(groups: list[Factors], sizes: int) -> None:
    groups = sorted(groups, key=len, reverse=True)
    weights = np.linspace(0.2, 1.7, sizes * len(groups)).reshape(sizes, -1)
    counts = [sum(len(group) > rank for group in groups) for rank in range(len(groups[0]))]
    inside, outside = np.array([group[rank] for rank in range(len(counts)) for group in groups[: counts[rank]]]).T
    found, total = sum_subsets(inside, outside, weights.copy(), counts)
    for number, group in enumerate(groups):
        places = [sum(counts[:rank]) + number for rank in range(len(group))]
        held, every = sum_each(group, weights[: len(group) + 1, number])
        assert found[places] == pytest.approx(held)
        assert total[number] == pytest.approx(every)


@given(factors, st.integers(1, 7))
def test_sums_subset_by_subset_are_the_same(rows: Factors, sizes: int) -> None:
    inside, outside = np.array(rows).T[..., np.newaxis]
    weights = np.linspace(0.2, 1.7, sizes)
    found, total = sum_covered(inside, outside, weights[:, np.newaxis], np.empty((len(rows), 0, 1)))
    held, every = sum_each(rows, weights[: len(rows) + 1])
    assert found == pytest.approx(held)
    assert total == pytest.approx([every])


def make_axis(rows: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and the upper ends of intervals on an axis: all lies between 0 and 25, as likely everywhere."""
    low = np.array([[float(start)] for start, _ in rows])
    high = low + np.array([[float(length)] for _, length in rows])
    return np.clip(low, 0.0, 25.0) / 25.0, np.clip(high, 0.0, 25.0) / 25.0


def bound(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return the same as bounds of `sum_covered`."""
    return np.stack([high, -low], axis=1)


@given(intervals)
def test_pieces_of_an_axis_are_its_points_by_what_covers_them(rows: list[tuple[int, int]]) -> None:
    low, high = make_axis(rows)
    weights, covers = cut_axis(low, high)
    points = np.arange(0.0002, 1.0, 0.0004)
    over = (low < points) & (points < high)
    for pattern in np.unique(over[:, over.any(axis=0)], axis=1).T:
        share = (over == pattern[:, np.newaxis]).all(axis=0).mean()
        same = (covers[..., 0] == pattern[:, np.newaxis]).all(axis=0)
        assert weights[same].sum() == pytest.approx(share, abs=1e-3)
    assert cover_all(bound(low, high)) == pytest.approx([over.all(axis=0).mean()], abs=1e-3)


@given(intervals)
def test_rows_that_share_a_point_of_an_axis_are_summed_up_piece_by_piece(rows: list[tuple[int, int]]) -> None:
    axis, number = make_axis(rows), len(rows)
    inside, outside = np.linspace(0.5, 1.5, number), np.full(number, 0.7)
    weights = np.linspace(0.0, 1.0, number + 1)[:, np.newaxis]  # none of nobody: it covers all
    pieces, covers = cut_axis(*axis)
    held, every = np.zeros(number), np.zeros(1)
    for share, covered in zip(pieces[:, 0].tolist(), covers[..., 0].T, strict=True):
        of_rows, of_group = sum_subsets(inside * covered, outside, weights.copy(), [1] * number)
        held, every = held + share * of_rows, every + share * of_group
    found, total = sum_covered(inside[:, np.newaxis], outside[:, np.newaxis], weights, bound(*axis))
    assert found == pytest.approx(held)
    assert total == pytest.approx(every)


def test_choices_of_rows_are_shared_out() -> None:
    shares = share_choices(7)
    assert [[1.0 / shares[size, number] for number in range(size + 1)] for size in range(8)] == [
        pytest.approx([comb(size, number) for number in range(size + 1)]) for size in range(8)
    ]
    assert not np.triu(shares, 1).any()


@pytest.mark.parametrize("terms", [1, 3, 8, 17, 64, 200])
def test_sums_of_products_have_the_same_bits_for_any_number_of_columns(terms: int) -> None:
    first, second = np.sqrt(np.arange(18.0 * terms)).reshape(2, terms, 9) % 1.0
    expected = np.zeros(9)
    for own, other in zip(first, second, strict=True):
        expected += own * other
    for columns in range(1, 10):
        found = sum_products(first[:, :columns].copy(), second[:, :columns].copy())
        assert found.tolist() == expected[:columns].tolist()
