"""Draws against exact laws, in numbers that no dataset of a test reaches.

`./run_tests.sh tests/equivalence -m heavy` draws ten times as many; its last outcome stands in the README beside this.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES, load_demographics, load_profiles
from vecgen.model.exact import AMOUNT_EDGES, amount_shares, write_out
from vecgen.model.params import DEPENDENCES, Dependence, ModelParameters, Period
from vecgen.model.tables import compile_tables
from vecgen.sampling.gamma import compile_amounts
from vecgen.sampling.rng import derive_keys, draw_words, start_counters
from vecgen.verify.chi_square import Statistic, add, compare

PROFILES = load_profiles(DEFAULT_PROFILES)
AMOUNTS = sorted({(a.mean, a.stdev) for p in (*PROFILES.regular, *PROFILES.fraud) for a in p.amounts})
DRAWS = [pytest.param(100_000_000, marks=pytest.mark.slow), pytest.param(1_000_000_000, marks=pytest.mark.heavy)]
ERROR = 1e-4  # ten comparisons


def draw_word_block(block: int, size: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Return words that no other block has."""
    keys = derive_keys(9, 0, np.array([block])).take(np.zeros(size, dtype=np.int64))
    return draw_words(keys, start_counters(keys, np.arange(size)), 2)


@pytest.mark.parametrize("draws", DRAWS)
def test_amounts_follow_the_gamma_law_with_its_exception(draws: int) -> None:
    """All amount laws of the shipped profiles, `draws` in all."""
    tables = compile_amounts(AMOUNTS)
    each = draws // len(AMOUNTS)
    statistics = []
    for law, (mean, stdev) in enumerate(AMOUNTS):
        cents = tables.draw(np.full(each, law), draw_word_block(law, each))
        cells = np.bincount(np.searchsorted(AMOUNT_EDGES, cents, side="right"), minlength=len(AMOUNT_EDGES) + 1)
        statistics.append(compare(cells, amount_shares(mean, stdev)))
    assert add(statistics).p > ERROR


@pytest.mark.parametrize("draws", DRAWS)
def test_one_amount_law_follows_the_gamma_law(draws: int) -> None:
    """The law of the widest spread: its tables have the longest way to go."""
    law = max(AMOUNTS, key=lambda pair: pair[1] / pair[0])
    tables = compile_amounts([law])
    cells = np.zeros(len(AMOUNT_EDGES) + 1, dtype=np.int64)
    block = 1_000_000
    for number in range(draws // block):
        cents = tables.draw(np.zeros(block, dtype=np.int64), draw_word_block(number, block))
        cells += np.bincount(np.searchsorted(AMOUNT_EDGES, cents, side="right"), minlength=len(cells))
    assert compare(cells, amount_shares(*law)).p > ERROR


@pytest.mark.parametrize("draws", [10_000_000, pytest.param(100_000_000, marks=pytest.mark.heavy)])
@pytest.mark.parametrize("dependence", DEPENDENCES)
def test_slots_follow_the_shares_of_dates_categories_and_day_parts(dependence: Dependence, draws: int) -> None:
    """Two leap days and two New Years, compiled by the tables and written out from the figures."""
    law = ModelParameters(Period(date(2023, 12, 1), date(2025, 2, 10)), fraud_rate=0.0, dependence=dependence)
    tables = compile_tables(PROFILES, load_demographics(DEFAULT_DEMOGRAPHICS).merchants, law, 42)
    model = write_out(PROFILES, law)
    order = np.array([model.categories.index(c) if c in model.categories else -1 for c in tables.categories])
    statistics: list[Statistic] = []
    for position, (profile, (exact, _)) in enumerate(zip(tables.profiles, model.rows, strict=True)):
        words = draw_word_block(position, draws // len(tables.profiles))
        cells = profile.schedule.slots.draw_cells(words)
        day = profile.schedule.day[cells]
        choice = profile.regular.choice.draw(draw_word_block(1000 + position, len(words)))
        pair = choice if profile.schedule.pair is None else profile.schedule.pair[cells]
        part, category = profile.regular.pairs.second[pair] // 43_200, order[profile.regular.pairs.category[pair]]
        assert exact.days is not None
        shares = exact.slots if exact.slots is not None else exact.days[:, np.newaxis, np.newaxis] * exact.choice
        code = (day * 2 + part) * len(model.categories) + category
        statistics.append(compare(np.bincount(code, minlength=shares.size), shares.ravel()))
    assert add(statistics).p > ERROR
