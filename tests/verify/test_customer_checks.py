"""Customers' own columns: identifiers as numbers, numbers that no person can have, addresses and texts from lists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.support.datasets import change_customer, read_customers
from vecgen.config.demographics import Demographics
from vecgen.config.faker_lists import WordList, WordLists, load_word_lists
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES, load_demographics, load_profiles
from vecgen.config.profile import ProfileSet
from vecgen.errors import InputError
from vecgen.io.customer_table import customers_to_arrow
from vecgen.model.customers import CustomerTables, Segmenter, compile_customers, draw_customers
from vecgen.records.receipt import Receipt
from vecgen.sampling.categorical import Categorical, compile_categorical
from vecgen.scan.dataset_counts import ADDRESS, TEXTS, CustomerCounts
from vecgen.verify.chi_square import reject
from vecgen.verify.customer_checks import (
    TEXT_TESTS,
    count_unlisted,
    count_unsafe,
    examine_customers,
    read_identifiers,
)

DAY = date(2023, 1, 1)


@pytest.fixture(scope="module")
def batch(parquet: tuple[Path, Receipt]) -> pa.RecordBatch:
    return read_customers(parquet[0]).combine_chunks().to_batches()[0]


def test_identifiers_are_read_as_numbers(batch: pa.RecordBatch) -> None:
    read = read_identifiers(change_customer(batch, "ssn", "123-45-6789"))
    assert read["ssn"].tolist() == [[123456789, 0]]
    with pytest.raises(InputError, match=r"column ssn: got .*, expected digits and hyphens"):
        read_identifiers(change_customer(batch, "ssn", "x"))


def test_numbers_that_a_person_could_have_are_counted(batch: pa.RecordBatch) -> None:
    assert count_unsafe(batch) == 60
    assert count_unsafe(batch.slice(0, 0)) == 0


@dataclass(frozen=True)
class World:
    """What customers are drawn from."""

    profiles: ProfileSet
    demographics: Demographics
    words: WordLists
    tables: CustomerTables


@pytest.fixture(scope="module")
def world() -> World:
    profiles, demographics = load_profiles(DEFAULT_PROFILES), load_demographics(DEFAULT_DEMOGRAPHICS)
    words = load_word_lists()
    return World(profiles, demographics, words, compile_customers(profiles, demographics, words, DAY))


def count_customers(world: World, number: int, **spoilt: object) -> CustomerCounts:
    """Return the counts of so many customers, drawn from tables of which some may be wrong."""
    tables = replace(world.tables, **spoilt)  # type: ignore[arg-type]
    counts = CustomerCounts()
    table = customers_to_arrow(tables, draw_customers(tables, 7, np.arange(number)))
    counts.add(table.combine_chunks().to_batches()[0], Segmenter(world.profiles, DAY))
    return counts


def find_broken(world: World, counts: CustomerCounts) -> set[str]:
    statistics = dict(examine_customers(counts, world.demographics, world.words))
    assert {*TEXT_TESTS, "age and gender", "ZIP code"} <= statistics.keys()
    fallen = reject([statistic.p for statistic in statistics.values()], 1e-3)
    return {name for name, falls in zip(statistics, fallen, strict=True) if falls}


def test_customers_of_the_model_have_places_and_texts_of_the_lists(world: World) -> None:
    counts = count_customers(world, 20_000)
    assert count_unlisted(counts, world.demographics.places) == 0
    assert find_broken(world, counts) == set()
    assert [counts.texts[name].total() for name in TEXTS[2:]] == [20_000] * 6


def even(words: WordList) -> Categorical:
    return compile_categorical(np.ones(len(words.texts)))


def some_left_out(words: WordList) -> Categorical:
    """Leave out one in twenty."""
    return compile_categorical(np.where(np.arange(len(words.texts)) % 20, words.weights, 0.0))


def drawn_from(change: Callable[[WordList], Categorical], name: str) -> Callable[[WordLists], dict[str, object]]:
    return lambda words: {f"{name}_distribution": change(getattr(words, name))}


def first_names(change: Callable[[WordList], Categorical]) -> Callable[[WordLists], dict[str, object]]:
    return lambda words: {"first_distributions": tuple(map(change, (words.first_female, words.first_male)))}


@pytest.mark.parametrize(
    ("wrong", "customers", "found"),
    [
        (first_names(even), 1000, {"first name"}),
        (drawn_from(even, "last"), 1000, {"last name"}),
        (drawn_from(even, "street_name"), 2000, {"street"}),
        (drawn_from(even, "secondary"), 500, {"street"}),
        (drawn_from(even, "building"), 1000, {"street"}),
        (drawn_from(some_left_out, "job"), 5000, {"job"}),
        (drawn_from(some_left_out, "street_suffix"), 10_000, {"street"}),
    ],
)
def test_wrong_texts_are_found(
    wrong: Callable[[WordLists], dict[str, object]], customers: int, found: set[str], world: World
) -> None:
    assert find_broken(world, count_customers(world, customers, **wrong(world.words))) == found


def test_places_that_are_mixed_up_are_found_one_by_one(world: World) -> None:
    table = customers_to_arrow(world.tables, draw_customers(world.tables, 7, np.arange(50)))
    for name in ADDRESS:
        counts = CustomerCounts()
        for batch in table.to_batches():
            other = batch.column(name).to_pylist()
            strange = next(value for value in other if value != other[0])
            counts.add(change_customer(batch, name, strange), Segmenter(world.profiles, DAY))
        assert count_unlisted(counts, world.demographics.places) == 1


def test_a_street_of_another_form_is_seen(world: World) -> None:
    counts = CustomerCounts()
    (batch,) = customers_to_arrow(world.tables, draw_customers(world.tables, 7, np.arange(1))).to_batches()
    counts.add(change_customer(batch, "street", "Nowhere"), Segmenter(world.profiles, DAY))
    assert "street" in find_broken(world, counts)
