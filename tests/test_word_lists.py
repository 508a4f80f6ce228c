"""Word lists: Faker's own choices as the witness, and card numbers laid out without collisions."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from faker import Faker
from scipy import stats

from vecgen.errors import InputError
from vecgen.word_lists import CardType, WordLists, compile_cards, compile_word_lists


@pytest.fixture(scope="module")
def words() -> WordLists:
    return compile_word_lists()


@pytest.fixture(scope="module")
def faker() -> Faker:
    made = Faker("en_US")
    made.seed_instance(20_240_229)
    return made


def test_lists_have_the_sizes_of_the_originals(words: WordLists) -> None:
    assert len(words.first_female.texts) == 381
    assert len(words.first_male.texts) == 322
    assert len(words.last.texts) == 1000
    assert len(words.job.texts) == 639
    assert len(words.building.texts) == 111_000
    assert len(words.secondary.texts) == 2001
    assert len(words.card_types) == 12


def test_weights_are_probabilities(words: WordLists) -> None:
    lists = [value for value in vars(words).values() if hasattr(value, "weights")]
    assert len(lists) == 8
    for listed in lists:
        assert len(listed.texts) == len(listed.weights)
        assert listed.weights.min() > 0
        assert listed.weights.sum() == pytest.approx(1.0)
        assert not listed.weights.flags.writeable


def test_names_weigh_what_the_provider_says(words: WordLists) -> None:
    smith = words.last.weights[words.last.texts.index("Smith")]
    johnson = words.last.weights[words.last.texts.index("Johnson")]
    assert smith / johnson == pytest.approx(0.021712045 / 0.016958025, rel=0.02)


def test_streets_are_built_as_faker_builds_them(words: WordLists, faker: Faker) -> None:
    streets = [faker.street_address() for _ in range(8000)]
    parts = [re.fullmatch(r"(\d+) (\S+) (\S+)((?: Apt\. \d{3}| Suite \d{3})?)", street) for street in streets]
    matches = [part for part in parts if part]
    assert len(matches) == len(streets)
    assert {m[1] for m in matches} <= set(words.building.texts)
    assert {m[2] for m in matches} <= set(words.street_name.texts)
    assert {m[3] for m in matches} <= set(words.street_suffix.texts)
    assert {m[4] for m in matches} <= set(words.secondary.texts)
    by_digits = [sum(len(m[1]) == digits for m in matches) for digits in (3, 4, 5)]
    assert stats.chisquare(by_digits).pvalue > 1e-4
    zeros = sum(m[1].startswith("0") for m in matches)
    assert stats.binomtest(zeros, len(matches), _share(words.building, "0")).pvalue > 1e-4
    for start in ("", " Apt.", " Suite"):
        observed = sum(bool(m[4]) and m[4].startswith(start) if start else not m[4] for m in matches)
        expected = _share(words.secondary, start) if start else float(words.secondary.weights[0])
        assert stats.binomtest(observed, len(matches), expected).pvalue > 1e-4


def test_streets_are_named_as_often_after_first_names_as_after_last_names(words: WordLists, faker: Faker) -> None:
    observed = {"Smith": 0, "Michael": 0, "Jennifer": 0}
    for _ in range(20_000):
        name = faker.street_name().split(" ")[0]
        if name in observed:
            observed[name] += 1
    for name, count in observed.items():
        share = sum(w for t, w in zip(words.street_name.texts, words.street_name.weights, strict=True) if t == name)
        assert stats.binomtest(count, 20_000, float(share)).pvalue > 1e-4


def _share(listed: object, start: str) -> float:
    texts, weights = vars(listed)["texts"], vars(listed)["weights"]
    return float(sum(w for text, w in zip(texts, weights, strict=True) if text.startswith(start)))


def test_card_ranges_hold_the_numbers_of_their_prefixes() -> None:
    cards = compile_cards([CardType(("06", "5#", "222%"), 8)])
    assert cards.low.tolist() == [600_000, 5_000_000, 2_221_000]
    assert cards.space.tolist() == [100_000, 1_000_000, 9_000]
    assert cards.capacity == 3 * 9_000


def test_issuers_listed_twice_share_their_numbers_evenly() -> None:
    once, twice = CardType(("4",), 6), CardType(("35",), 6)
    cards = compile_cards([twice, once, twice])
    assert cards.lanes.tolist() == [2, 1, 2]
    assert cards.lane.tolist() == [0, 0, 1]
    assert cards.first_range.tolist() == [0, 1, 0]
    assert cards.capacity == 3 * 500


def test_faker_issuers_suffice_for_a_billion_and_a_half(words: WordLists) -> None:
    cards = compile_cards(words.card_types)
    assert cards.capacity == 12 * 13 * 10**7
    numbers = list(zip(cards.length.tolist(), cards.low.tolist(), cards.space.tolist(), strict=True))
    spans = sorted((length, low, low + space) for length, low, space in numbers)
    assert all(a[0] < b[0] or a[2] <= b[1] for a, b in pairwise(spans))
    assert max(low + space for _, low, space in numbers) <= 10**18


@pytest.mark.parametrize("other", [("51",), ("5#",), ("5",), ("511",)])
def test_refuses_prefixes_that_contain_each_other(other: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="prefixes of 16 digits"):
        compile_cards([CardType(("51",), 16), CardType((*other, "4"), 16)])


def test_the_same_prefix_with_another_length_is_another_range() -> None:
    assert np.array_equal(compile_cards([CardType(("4",), 13), CardType(("4",), 16)]).length, [13, 16])
