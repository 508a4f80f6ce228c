"""Word lists: Faker's own choices as the witness."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from faker import Faker
from scipy import stats

from vecgen.config.faker_lists import KNOWN_LISTS, WordLists, compile_word_lists, fingerprint_lists


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


def test_lists_are_those_that_are_known(words: WordLists) -> None:
    # Another Faker may change them; then every customer's text changes, and the command line says so.
    assert fingerprint_lists(words) == KNOWN_LISTS
    renamed = replace(words, job=replace(words.job, texts=(*words.job.texts[:-1], "Lamplighter")))
    assert fingerprint_lists(renamed) != KNOWN_LISTS
    issued = replace(words, card_types=words.card_types[1:])
    assert fingerprint_lists(issued) != KNOWN_LISTS


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
