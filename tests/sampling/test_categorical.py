"""Discrete draws: exactly those of a search in the cumulative shares, at every word where the outcome changes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from tests.support.strategies import some_positive
from vecgen.sampling.arrays import U64
from vecgen.sampling.categorical import cells_to_words, compile_categorical, compile_cells, find_cells
from vecgen.sampling.rng import derive_keys, draw_words, start_counters

LARGEST = 2**64 - 1
# Fifty outcomes within one entry of the guide.
UNSETTLED = np.array([1.0, *[1e-9] * 50, 1.0])

weight_lists = st.integers(1, 40).flatmap(some_positive)
words_of_64_bits = st.lists(st.integers(0, LARGEST), max_size=20)


def random_words(rows: int) -> U64:
    keys = derive_keys(7, 9, np.zeros(rows, dtype=np.int64))
    return draw_words(keys, start_counters(keys, np.arange(rows)), 0)


def search(weights: npt.ArrayLike, words: U64) -> npt.NDArray[np.int64]:
    """Return the first positive outcome whose cumulative share exceeds the word's u, cut to 53 bits."""
    shares = np.asarray(weights, dtype=np.float64)
    positive = np.flatnonzero(shares > 0)
    cumulative = np.cumsum(shares[positive])
    u = (words >> np.uint64(11)).astype(np.float64) * 2.0**-53
    ends = np.floor(cumulative / cumulative[-1] * 2.0**53) * 2.0**-53
    return positive[np.minimum(np.searchsorted(ends, u, side="right"), len(positive) - 1)]


def turning_points(weights: npt.ArrayLike) -> list[int]:
    """Return the words on both sides of every end of an outcome, the smallest and the largest."""
    shares = [Fraction(float(weight)) for weight in np.asarray(weights, dtype=np.float64)]
    total, points, cumulative = sum(shares), [0, 1, LARGEST - 1, LARGEST], Fraction(0)
    for share in shares[:-1]:
        cumulative += share
        end = int(cumulative / total * 2**64)
        points += [end + step for step in (-4097, -2048, -1, 0, 1, 2048, 4097)]
    return [point for point in points if 0 <= point <= LARGEST]


@given(weight_lists, words_of_64_bits)
@example((1.0,), [])
@example((1e-12, 1e12), [])
@example((1e12, 1e-12), [])
@example((1e-12, 1e12, 1e-12), [])
@example((0.0, 0.0, 1.0, 0.0, 1e-12, 0.0), [])
@example(tuple([1e-12] * 30 + [1e12] + [1e-12] * 30), [])
def test_draws_are_those_of_a_search(weights: tuple[float, ...], words: list[int]) -> None:
    all_words = np.array([*turning_points(weights), *words], dtype=np.uint64)
    law = compile_categorical(weights)
    drawn = law.draw(all_words)
    assert (np.asarray(weights)[drawn] > 0).all()
    np.testing.assert_array_equal(drawn, law.outcomes[law.draw_cells(all_words)])
    # The first and the last word belong to the first and the last positive outcome, even of shares below 2**-53.
    inside = (all_words > 0) & (all_words < LARGEST)
    np.testing.assert_array_equal(drawn[inside], search(weights, all_words)[inside])
    positive = np.flatnonzero(np.asarray(weights))
    np.testing.assert_array_equal(law.draw(np.array([0, LARGEST], dtype=np.uint64)), positive[[0, -1]])


@given(weight_lists)
def test_outcomes_ascend_with_the_word(weights: tuple[float, ...]) -> None:
    words = np.sort(np.array(turning_points(weights), dtype=np.uint64))
    drawn = compile_categorical(weights).draw(words)
    positive = np.flatnonzero(np.asarray(weights))
    assert (np.diff(drawn) >= 0).all()
    assert (drawn[0], drawn[-1]) == (positive[0], positive[-1])


@given(weight_lists, st.integers(-30, 30))
def test_the_scale_of_weights_does_not_matter(weights: tuple[float, ...], power: int) -> None:
    words = random_words(200)
    scaled = compile_categorical(np.asarray(weights) * 2.0**power).draw(words)
    np.testing.assert_array_equal(scaled, compile_categorical(weights).draw(words))


@pytest.mark.parametrize("outcomes", [1, 2, 365, 5000])
def test_even_outcomes_are_drawn_by_multiplication(outcomes: int) -> None:
    words = random_words(20_000)
    drawn = compile_categorical(np.ones(outcomes)).draw(words)
    exact = [word * outcomes >> 64 for word in words.tolist()]
    np.testing.assert_array_equal(drawn, exact)


@pytest.mark.parametrize(
    "weights",
    [
        np.ones(5000),
        np.arange(5000),
        np.geomspace(1e-12, 1e12, 5000),
        np.tile([1.0, 0.0], 2500),
        np.append(np.ones(4999), 1e6),
        np.append(1e6, np.ones(4999)),
    ],
)
def test_many_outcomes(weights: npt.NDArray[np.float64]) -> None:
    words = np.append(random_words(50_000), np.array([0, LARGEST], dtype=np.uint64))
    drawn = compile_categorical(weights).draw(words)
    np.testing.assert_array_equal(drawn[:-2], search(weights, words[:-2]))
    positive = np.flatnonzero(weights)
    assert (drawn[-2], drawn[-1]) == (positive[0], positive[-1])


def test_some_laws_are_settled_by_the_guide_and_others_are_not() -> None:
    assert compile_categorical(np.ones(365)).settled
    assert not compile_categorical(UNSETTLED).settled


@pytest.mark.parametrize("weights", [np.ones(4), np.ones(1), UNSETTLED])
def test_the_largest_word_stays_in_the_last_cell(weights: npt.NDArray[np.float64]) -> None:
    law = compile_categorical(weights)
    assert law.draw(np.array([LARGEST], dtype=np.uint64)).tolist() == [len(weights) - 1]


def test_words_the_guide_leaves_over_are_searched() -> None:
    law = compile_categorical(UNSETTLED)
    words = np.array(turning_points(UNSETTLED), dtype=np.uint64)[4:]
    np.testing.assert_array_equal(law.draw(words), search(UNSETTLED, words))


def test_frequencies_follow_the_weights() -> None:
    weights = np.array([0.5, 0.0, 3.0, 100.0, 1e-12, 20.0, 7.0])
    counts = np.bincount(compile_categorical(weights).draw(random_words(1_000_000)), minlength=7)
    assert counts[[1, 4]].tolist() == [0, 0]
    kept = [0, 2, 3, 5, 6]
    expected = weights[kept] / weights[kept].sum() * counts.sum()
    assert stats.chisquare(counts[kept], expected).pvalue > 1e-4


def test_cells_name_their_outcomes() -> None:
    law = compile_cells(np.array([0.25, 0.5, 1.0]), np.array([7, 3, 9], dtype=np.int32))
    words = np.array([0, 2**62 - 1, 2**62, 2**63 - 1, 2**63, LARGEST], dtype=np.uint64)
    assert law.draw(words).tolist() == [7, 7, 3, 3, 9, 9]
    assert law.draw_cells(words).tolist() == [0, 0, 1, 1, 2, 2]


def test_ends_can_be_stacked() -> None:
    cumulative = np.array([[0.25, 0.5, 1.0], [0.0, 1.0, 1.0]])
    expected = [[2**62, 2**63, LARGEST], [0, LARGEST, LARGEST]]
    assert cells_to_words(cumulative).tolist() == expected
    assert cells_to_words(cumulative[0]).tolist() == expected[0]


def test_cells_of_stacked_ends_are_found_row_by_row() -> None:
    ends = cells_to_words(np.array([[0.25, 0.25, 1.0], [0.0, 1.0, 1.0]]))
    words = np.array([2**62 - 1, 2**62, LARGEST], dtype=np.uint64)
    assert find_cells(ends[:1], words).tolist() == [0, 2, 2]
    assert find_cells(ends[[1, 1, 1]], words).tolist() == [1, 1, 1]  # the last has no share
    assert find_cells(ends, words[[1, 1]]).tolist() == [2, 1]


def test_a_last_share_short_of_one_is_full() -> None:
    assert cells_to_words(np.array([0.5, 1.0 - 2.0**-53])).tolist() == [2**63, LARGEST]
