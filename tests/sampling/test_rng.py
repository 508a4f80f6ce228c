"""Random bits: pure functions of their address, uniform, and unrelated to their neighbours."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from vecgen.sampling.arrays import U64
from vecgen.sampling.rng import (
    PURPOSES,
    Keys,
    derive_keys,
    draw_words,
    high_half,
    low_half,
    mix,
    mix_scalar,
    scale_to,
    start_counters,
    unit_interval,
)

LARGEST = 2**64 - 1
THRESHOLD = 1e-4

# Customers 0, 1, 2**40, 0, 0 at rows 0, 0, 0, 1, 10**9; purposes 1, 5, 15; seeds and streams (0, 0), (-1, 0), (0, 1).
GOLDEN_WORDS = [
    "0xe2b33ed82332dc1d",
    "0xa584fff11ed47a60",
    "0x97b3d9fee40e26f9",
    "0xce7442160379fea0",
    "0xcb4b279825255ce5",
]
GOLDEN_PURPOSES = [
    "0x55f1e9af6fcb56a4",
    "0xced6cb57c2c11d86",
    "0x7a845499e94508ca",
]
GOLDEN_SEEDS = [
    "0x5b9dbca2b89916ed",
    "0x31da02ef9af41eae",
    "0x5ad6fec052cd4495",
]

seeds = st.integers(-(2**70), 2**70)
streams = st.integers(0, 10)
ids = st.integers(0, 2**62 - 1)


def draw(
    seed: int, stream: int, customers: npt.ArrayLike, index: npt.ArrayLike, purpose: int, period: int | None = None
) -> U64:
    keys = derive_keys(seed, stream, np.asarray(customers, dtype=np.int64), period)
    return draw_words(keys, start_counters(keys, np.asarray(index, dtype=np.int64)), purpose)


def along_index(rows: int, customer: int = 7, purpose: int = 0) -> U64:
    return draw(42, 0, np.full(rows, customer), np.arange(rows), purpose)


def across_customers(rows: int, index: int = 0, purpose: int = 0) -> U64:
    return draw(42, 0, np.arange(rows), np.full(rows, index), purpose)


def test_golden_words() -> None:
    # Pinned: a change of any of these changes every dataset ever made.
    words = draw(42, 0, [0, 1, 2**40, 0, 0], [0, 0, 0, 1, 10**9], 0)
    assert [hex(word) for word in words.tolist()] == GOLDEN_WORDS
    assert [hex(int(draw(42, 0, [0], [0], purpose)[0])) for purpose in (1, 5, 15)] == GOLDEN_PURPOSES
    assert [hex(int(draw(seed, stream, [5], [3], 2)[0])) for seed, stream in ((0, 0), (-1, 0), (0, 1))] == GOLDEN_SEEDS
    assert hex(mix_scalar(1)) == "0x5692161d100b05e5"


def test_mix_is_the_finaliser_of_splitmix64() -> None:
    # The first outputs of SplitMix64 seeded with 0, as published with the generator.
    increment = 0x9E3779B97F4A7C15
    states = np.array([increment * i & LARGEST for i in (1, 2, 3)], dtype=np.uint64)
    assert [hex(word) for word in mix(states).tolist()] == [
        "0xe220a8397b1dcdaf",
        "0x6e789e6aa1b965f4",
        "0x6c45d188009454f",
    ]


def reference_word(seed: int, stream: int, customer: int, index: int, purpose: int, period: int | None) -> int:
    """Compute one word with Python's own integers."""
    golden, first, second = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB

    def scramble(x: int, inner: int = 0) -> int:
        x &= LARGEST
        x ^= x >> 30
        x = (x * first + inner) & LARGEST
        x ^= x >> 27
        x = x * second & LARGEST
        return x ^ x >> 31

    root = scramble(scramble(seed) + golden * (2 * stream + 1))
    if period is not None:
        root = scramble(root + golden * (2 * period + 1))
    other = scramble(root ^ golden)
    weyl = scramble(customer * golden + root)
    inner = scramble(scramble(customer + other) ^ root)
    return scramble(weyl + (16 * index + purpose) * golden, inner)


@given(seeds, streams, ids, st.integers(0, 2**40), st.integers(0, PURPOSES - 1), st.none() | st.integers(1, 2**22))
def test_words_equal_those_of_plain_integers(
    seed: int, stream: int, customer: int, index: int, purpose: int, period: int | None
) -> None:
    word = int(draw(seed, stream, [customer], [index], purpose, period)[0])
    assert word == reference_word(seed, stream, customer, index, purpose, period)


@given(seeds, streams, st.lists(st.tuples(ids, st.integers(0, 2**40)), min_size=1, max_size=20), st.data())
def test_a_word_is_the_same_in_any_batch(
    seed: int, stream: int, rows: list[tuple[int, int]], data: st.DataObject
) -> None:
    customers, index = (np.array(column) for column in zip(*rows, strict=True))
    together = draw(seed, stream, customers, index, 3)
    some = np.array(data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1)))
    np.testing.assert_array_equal(draw(seed, stream, customers[some], index[some], 3), together[some])
    np.testing.assert_array_equal(draw(seed, stream, customers, index, 3), together)


def test_drawing_changes_none_of_its_arguments() -> None:
    keys = derive_keys(1, 0, np.arange(10))
    counters = start_counters(keys, np.arange(10))
    before = [array.copy() for array in (keys.weyl, keys.inner, counters)]
    first, second = draw_words(keys, counters, 1), draw_words(keys, counters, 1)
    np.testing.assert_array_equal(first, second)
    for array, copy in zip((keys.weyl, keys.inner, counters), before, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_taking_keys_is_deriving_keys() -> None:
    customers, positions = np.arange(100, 200), np.array([5, 5, 0, 99])
    taken, derived = derive_keys(1, 2, customers).take(positions), derive_keys(1, 2, customers[positions])
    np.testing.assert_array_equal(taken.weyl, derived.weyl)
    np.testing.assert_array_equal(taken.inner, derived.inner)


@pytest.mark.parametrize("first", [0, 2**32 - 500_000, 2**61])
def test_a_million_customers_have_different_keys(first: int) -> None:
    keys = derive_keys(42, 0, np.arange(first, first + 1_000_000))
    assert len(np.unique(keys.weyl)) == 1_000_000
    assert len(np.unique(keys.inner)) == 1_000_000


def test_seeds_streams_and_periods_share_no_keys() -> None:
    customers = np.arange(20_000)
    addresses = product((-1, 0, 1, 42), range(5), (None, 0, 1, 738_521, 738_522))
    keys = [derive_keys(seed, stream, customers, period) for seed, stream, period in addresses]
    for states in ([key.weyl for key in keys], [key.inner for key in keys]):
        assert len(np.unique(np.concatenate(states))) == 100 * len(customers)


def check_uniform(words: U64) -> None:
    """Compare the top, middle and low bytes, and each of the 64 bits, with fair ones."""
    for shift in (56, 48, 28, 8, 0):
        counts = np.bincount(((words >> np.uint64(shift)) & np.uint64(255)).astype(np.int64), minlength=256)
        assert stats.chisquare(counts).pvalue > THRESHOLD
    ones = np.array([int(((words >> np.uint64(bit)) & np.uint64(1)).sum()) for bit in range(64)])
    deviation = (ones - len(words) / 2) ** 2 / (len(words) / 4)
    assert stats.chi2.sf(deviation.sum(), 64) > THRESHOLD


def check_unrelated(a: U64, b: U64) -> None:
    """Compare the joint counts of the two high nibbles with independence, and the bits that differ with a half."""
    joint = np.bincount(((a >> np.uint64(60)) * np.uint64(16) + (b >> np.uint64(60))).astype(np.int64), minlength=256)
    assert stats.chisquare(joint).pvalue > THRESHOLD
    low = np.bincount(((a & np.uint64(15)) * np.uint64(16) + (b & np.uint64(15))).astype(np.int64), minlength=256)
    assert stats.chisquare(low).pvalue > THRESHOLD
    check_uniform(a ^ b)


@pytest.mark.parametrize("customer", [0, 1, 12_345, 2**40])
@pytest.mark.parametrize("purpose", [0, 5])
def test_words_are_uniform_along_an_index(customer: int, purpose: int) -> None:
    check_uniform(along_index(200_000, customer, purpose))


@pytest.mark.parametrize("index", [0, 1, 365_000])
def test_words_are_uniform_across_customers(index: int) -> None:
    check_uniform(across_customers(200_000, index))


def test_purposes_are_unrelated() -> None:
    words = [along_index(200_000, purpose=purpose) for purpose in range(6)]
    for position, a in enumerate(words):
        for b in words[position + 1 :]:
            check_unrelated(a, b)


def test_neighbours_are_unrelated() -> None:
    words = along_index(200_001)
    check_unrelated(words[:-1], words[1:])
    words = across_customers(200_001)
    check_unrelated(words[:-1], words[1:])
    check_unrelated(across_customers(200_000, 0), across_customers(200_000, 1))


def test_seeds_and_streams_are_unrelated() -> None:
    customers, index = np.arange(200_000) % 500, np.arange(200_000) // 500
    words = [draw(seed, stream, customers, index, 0) for seed, stream in ((1, 0), (1, 1), (2, 0))]
    check_unrelated(words[0], words[1])
    check_unrelated(words[0], words[2])


def test_customers_of_close_states_share_no_sequence() -> None:
    # Whatever the first states: with equal ones, the second alone must part the sequences.
    weyl = np.full(2, 12_345, dtype=np.uint64)
    keys = Keys(weyl, np.array([1, 2], dtype=np.uint64))
    words = np.array([draw_words(keys, start_counters(keys, np.full(2, i)), 0) for i in range(2000)])
    assert len(np.unique(words)) == 4000


@given(st.integers(0, LARGEST))
def test_halves_make_up_a_word(word: int) -> None:
    words = np.array([word], dtype=np.uint64)
    assert (int(high_half(words)[0]) << 32 | int(low_half(words)[0])) == word


@given(st.integers(0, 2**32 - 1), st.integers(1, 2**31))
def test_scaled_bits_are_the_exact_share(bits: int, size: int) -> None:
    words = np.array([bits], dtype=np.uint64)
    assert int(scale_to(words, size)[0]) == bits * size >> 32 < size
    assert int(scale_to(words, np.array([size], dtype=np.uint64))[0]) == bits * size >> 32


@given(st.integers(0, LARGEST))
def test_uniforms_lie_inside_the_interval(word: int) -> None:
    u = float(unit_interval(np.array([word], dtype=np.uint64))[0])
    assert 0.0 < u < 1.0
    assert u == ((word >> 12) + 0.5) / 2**52


def test_the_ends_of_the_interval_are_as_far_away() -> None:
    low, high = unit_interval(np.array([0, LARGEST], dtype=np.uint64)).tolist()
    assert low == 1.0 - high == 2.0**-53
