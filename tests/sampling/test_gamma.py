"""Amounts: the tables against SciPy's exact quantiles, and cents against the exact law."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import special, stats

from vecgen.config.loader import DEFAULT_PROFILES, load_profiles
from vecgen.config.profile import MAX_AMOUNT, MAX_SHAPE, MIN_MEAN, MIN_SHAPE
from vecgen.sampling.arrays import U64
from vecgen.sampling.gamma import TOLERANCE, AmountTables, compile_amounts
from vecgen.sampling.rng import derive_keys, draw_words, start_counters

F64 = npt.NDArray[np.float64]
LARGEST = 2**64 - 1
RELATIVE = 1e-7
RESOLUTION = 2.0**-52
"""Of a uniform: probabilities closer than this are one."""

_PROFILES = load_profiles(DEFAULT_PROFILES)
SHIPPED = sorted({(a.mean, a.stdev) for p in (*_PROFILES.regular, *_PROFILES.fraud) for a in p.amounts})
# Distances from an end of (0, 1): every octave down to 1e-14, and in the middle.
TAILS = np.concatenate([np.geomspace(1e-14, 0.5, 400, endpoint=False), np.linspace(0.01, 0.499, 200)])


@st.composite
def amount_pairs(draw: st.DrawFn) -> tuple[float, float]:
    """Draw any legal mean and standard deviation, evenly over their magnitudes."""
    mean = 10.0 ** draw(st.floats(math.log10(MIN_MEAN), math.log10(MAX_AMOUNT)))
    ratio = 10.0 ** draw(st.floats(math.log10(MIN_SHAPE) / 2, math.log10(MAX_SHAPE) / 2))
    return (mean, min(mean / ratio, MAX_AMOUNT))


def random_words(rows: int) -> U64:
    keys = derive_keys(7, 9, np.zeros(rows, dtype=np.int64))
    return draw_words(keys, start_counters(keys, np.arange(rows)), 0)


def words_near(u: F64) -> U64:
    """Return words whose uniforms lie within the resolution of `u`, those of 2**63 and more included."""
    inside = np.clip(u, 0.0, 1.0 - RESOLUTION)
    return np.asarray(np.floor(inside * 2.0**52).astype(np.uint64) << np.uint64(12), dtype=np.uint64)


def scaled_distribution(pair: tuple[float, float]) -> tuple[float, float]:
    mean, stdev = pair
    return (mean / stdev) ** 2, stdev**2 / mean


def exact_quantile(shape: float, lower: F64, upper: F64) -> F64:
    """Return the quantiles, scale 1, of probabilities given from both ends; the smaller of the two is exact."""
    lower, upper = np.maximum(lower, 0.0), np.maximum(upper, 0.0)
    from_below: F64 = np.asarray(special.gammaincinv(shape, np.minimum(lower, 0.5)), dtype=np.float64)
    from_above = special.gammainccinv(shape, np.minimum(upper, 0.5))
    return np.where(lower < 0.5, polish(shape, from_below, lower), from_above)


def polish(shape: float, x: F64, lower: F64) -> F64:
    """Correct SciPy's quantiles of large shapes, which are out where the probability is below 3.4e-6."""
    if shape < 1e5:
        return x
    for _ in range(4):
        z = (x - shape) / math.sqrt(shape)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = (large_shape_probability(shape, z) - lower) / large_shape_density(shape, z)
        x = x - np.where((lower > 0) & (lower < 1e-5), step, 0.0) * math.sqrt(shape)
    return x


def large_shape_density(shape: float, z: F64) -> F64:
    """Return the density of a gamma law in deviations from its mean, by Stirling's series (error 1 / (360 shape^3))."""
    root = math.sqrt(shape)
    log = (shape - 1) * np.log1p(z / root) - root * z - 1 / (12 * shape)
    return np.asarray(np.exp(log) / math.sqrt(2 * math.pi))


def large_shape_probability(shape: float, z: F64) -> F64:
    """Integrate the density from far below to z, by Gauss and Legendre."""
    node, weight = special.roots_legendre(60)
    places = z[:, np.newaxis] + 2.5 * (node - 1.0)
    return np.asarray((large_shape_density(shape, places) * weight).sum(axis=1) * 2.5)


def test_the_witness_for_large_shapes() -> None:
    # Probabilities of 8, 6 and 4.6 deviations below the mean: integrated with 30 digits.
    z = np.array([-8.0, -6.0, -4.6])
    for shape, expected in (
        (1e5, [3.58999e-16, 7.83488e-10, 1.90542e-06]),
        (1e6, [5.24012e-16, 9.1789e-10, 2.04517e-06]),
        (1e8, [6.1157e-16, 9.79521e-10, 2.10565e-06]),
    ):
        np.testing.assert_allclose(large_shape_probability(shape, z), expected, rtol=1e-5)
    np.testing.assert_allclose(large_shape_probability(1e5, z), special.gammainc(1e5, 1e5 + z * 1e5**0.5), rtol=1e-9)


def bounds(tables: AmountTables, pair: tuple[float, float], words: U64) -> tuple[F64, F64]:
    """Return the cents allowed for words of the branch from 1 dollar on: those of uniforms the resolution apart."""
    shape, scale = scaled_distribution(pair)
    below = float(tables.below[0])
    k = (words >> np.uint64(12)).astype(np.int64)
    lower = np.asarray((k + 0.5) * RESOLUTION, dtype=np.float64)
    upper = np.asarray((2**52 - k - 0.5) * RESOLUTION, dtype=np.float64)
    edges = []
    for step in (-2.0, 2.0):
        # The stretch over what lies above 1 dollar magnifies rounding errors.
        width = step * RESOLUTION * max(1.0, below / (1 - below))
        dollars = exact_quantile(shape, lower + width, upper - width) * scale
        edges.append(dollars + np.sign(step) * np.maximum(TOLERANCE, RELATIVE * dollars))
    return np.rint(np.maximum(edges[0], 1.0) * 100), np.rint(edges[1] * 100)


def check_cents(pair: tuple[float, float]) -> None:
    tables = compile_amounts([pair])
    below = float(tables.below[0])
    above = 1.0 - below
    words = words_near(np.concatenate([below + TAILS * above, 1.0 - TAILS * above]))
    uniforms = ((words >> np.uint64(12)).astype(np.float64) + 0.5) * RESOLUTION
    words = words[uniforms > below + 2 * RESOLUTION]
    cents = tables.draw(np.zeros(len(words), dtype=np.int64), words)
    low, high = bounds(tables, pair, words)
    assert cents.min() >= 100
    wrong = (cents < low) | (cents > high)
    assert not wrong.any(), (pair, cents[wrong][:5], low[wrong][:5], high[wrong][:5], words[wrong][:5])


def check_interpolation(pair: tuple[float, float]) -> None:
    """Compare dollars, before rounding to cents, at distances from an end that are exact."""
    tables = compile_amounts([pair])
    (shape, scale), below = scaled_distribution(pair), float(tables.below[0])
    distance = np.minimum(TAILS, 0.5 - 2.0**-53)
    cells, t = tables._locate(distance.copy())
    half = len(tables.coefficients) // 2
    for offset, exact in (
        (0, exact_quantile(shape, below + distance * (1 - below), 1 - (below + distance * (1 - below)))),
        (half, special.gammainccinv(shape, distance * (1 - below))),
    ):
        error = np.abs(tables._evaluate(cells + offset, t) - exact * scale)
        assert (error / np.maximum(TOLERANCE, RELATIVE * exact * scale)).max() <= 1.0, (pair, offset)


@pytest.mark.parametrize("pair", SHIPPED)
def test_shipped_amounts_are_exact_in_both_tails(pair: tuple[float, float]) -> None:
    check_cents(pair)
    check_interpolation(pair)


@given(amount_pairs())
@settings(deadline=None)
@example((1.0, 1e-4))
@example((1.0, 100.0))
@example((1.0, 1e4))
@example((50.0, 5e5))
@example((1000.0, 1e7))
@example((1.0005, 1e-4))
@example((1e7, 1e3))
@example((1e7, 1e7))
@example((1e5, 1e7))
@example((779_300.0, 115.1))
@example((5.0, 0.15))
def test_legal_amounts_are_exact_in_both_tails(pair: tuple[float, float]) -> None:
    check_cents(pair)
    check_interpolation(pair)


@pytest.mark.parametrize("pair", [(1.0, 1e4), (50.0, 5e5), (1000.0, 1e7)])
def test_amounts_of_the_smallest_shape_follow_its_limit(pair: tuple[float, float]) -> None:
    # Where the shape is 1e-8, P(X > x) is shape times the exponential integral of x / scale, to 1e-7 of itself:
    # a witness without an incomplete gamma function. Practically all amounts are replaced, the others are huge.
    (shape, scale), tables = scaled_distribution(pair), compile_amounts([pair])
    above = shape * special.exp1(1.0 / scale)
    assert 1.0 - tables.below[0] == pytest.approx(above, rel=1e-6)
    share = np.geomspace(1e-6, 0.5, 50)
    words = words_near(1.0 - share * above)
    cents = tables.draw(np.zeros(len(words), dtype=np.int64), words)
    beyond = shape * special.exp1(cents / 100 / scale)
    resolution = RESOLUTION + 1e-5 * share * above
    assert (np.abs(beyond - share * above) < resolution)[cents > 10_000].all()
    assert (cents > 10_000).sum() > 20
    rows = tables.draw(np.zeros(1_000_000, dtype=np.int64), random_words(1_000_000))
    assert stats.kstest(rows[rows <= 1000], "uniform", args=(100, 900)).pvalue > 1e-4
    assert (rows > 1000).sum() <= 8  # 0.25 expected


@given(amount_pairs(), st.lists(st.integers(0, LARGEST), min_size=1, max_size=50))
@settings(deadline=None)
@example((1.0, 1e-4), [0, LARGEST])
def test_no_amount_is_below_one_dollar(pair: tuple[float, float], words: list[int]) -> None:
    tables = compile_amounts([pair])
    chosen = np.array([*words, 0, LARGEST], dtype=np.uint64)
    assert tables.draw(np.zeros(len(chosen), dtype=np.int64), chosen).min() >= 100


def test_a_law_draws_the_same_beside_others() -> None:
    together = compile_amounts(SHIPPED)
    words = random_words(2000)
    for position, pair in enumerate(SHIPPED[::7]):
        alone = compile_amounts([pair]).draw(np.zeros(len(words), dtype=np.int64), words)
        beside = together.draw(np.full(len(words), 7 * position), words)
        np.testing.assert_allclose(beside, alone, atol=1)
    distributions = np.arange(len(words)) % len(SHIPPED)
    one_by_one = [int(together.draw(distributions[i : i + 1], words[i : i + 1])[0]) for i in range(200)]
    assert together.draw(distributions, words)[:200].tolist() == one_by_one


@pytest.mark.parametrize("pair", [(10.0, 2.0), (50.0, 300.0), (1000.0, 100.0)])
def test_amounts_ascend_with_the_word_from_one_dollar_on(pair: tuple[float, float]) -> None:
    tables = compile_amounts([pair])
    words = np.sort(random_words(100_000))
    cents = tables.draw(np.zeros(len(words), dtype=np.int64), words)
    small = int(np.searchsorted(words, np.uint64(float(tables.below[0]) * 2.0**64)))
    assert (np.diff(cents[small + 1 :]) >= 0).all()
    assert (np.diff(cents[: max(small - 1, 0)]) >= 0).all()


def cents_cdf(pair: tuple[float, float], cents: F64) -> F64:
    """Return the exact share of amounts of at most `cents`, the below-1 rule and rounding included."""
    shape, scale = scaled_distribution(pair)
    below = special.gammainc(shape, 1 / scale)
    dollars = (cents + 0.5) / 100
    law = np.maximum(special.gammainc(shape, dollars / scale) - below, 0.0)
    return np.asarray(law + below * np.clip((dollars - 1) / 9, 0.0, 1.0))


@pytest.mark.parametrize(
    "pair", [(50.0, 600.0), (50.0, 300.0), (60.0, 60.0), (5.0, 15.0), (10.0, 2.0), (1000.0, 100.0), (1.5, 0.7)]
)
def test_a_million_amounts_follow_the_exact_law(pair: tuple[float, float]) -> None:
    tables = compile_amounts([pair])
    cents = tables.draw(np.zeros(1_000_000, dtype=np.int64), random_words(1_000_000))
    assert cents.min() >= 100
    # Cells of about equal probability, wide or as narrow as a cent.
    edges = np.unique(np.quantile(cents, np.linspace(0, 1, 1001)[1:-1]).astype(np.int64))
    counts = np.bincount(np.searchsorted(edges, cents), minlength=len(edges) + 1)
    expected = np.diff(np.concatenate([[0.0], cents_cdf(pair, edges.astype(np.float64)), [1.0]])) * len(cents)
    assert expected.min() > 5
    assert stats.chisquare(counts, expected).pvalue > 1e-4


def test_small_amounts_are_replaced_by_one_to_ten_dollars() -> None:
    tables = compile_amounts([(50.0, 600.0)])
    below = float(tables.below[0])
    words = words_near(np.linspace(0, below, 10_001)[:-1])
    cents = tables.draw(np.zeros(len(words), dtype=np.int64), words)
    assert (cents.min(), cents.max()) == (100, 1000)
    np.testing.assert_allclose(cents, np.linspace(100, 1000, 10_001)[:-1], atol=0.6)
