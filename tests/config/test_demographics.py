"""Places, ages and merchants: what is read, what is refused, and the law of places."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecgen.config.demographics import (
    AGE_COLUMNS,
    MERCHANT_COLUMNS,
    ORIGINAL_AGES,
    ORIGINAL_MERCHANTS,
    ORIGINAL_PLACES,
    PLACE_COLUMNS,
    Merchants,
    parse_age_gender,
    parse_merchants,
    parse_places,
    place_weights,
)
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, load_demographics
from vecgen.config.merchants import CATEGORIES
from vecgen.errors import InputError

Rows = list[list[str]]
PLACE = ["04570", "Squirrel Island", "ME", "44.0213", "-69.5233", "2", "3"]
PLACES: Rows = [list(PLACE_COLUMNS), ["91371", "Woodland Hills", "CA", "33.7866", "-118.2987", "65351", "1"], PLACE]
AGES: Rows = [list(AGE_COLUMNS), ["M", "15", "1"], ["F", "15", "2.5e0"], ["M", "16", "0"]]
MERCHANTS: Rows = [list(MERCHANT_COLUMNS), ["home", "O'Hara Ltd"], ["travel", "Fox, Ray and Co"], ["home", "Café"]]


def with_cell(rows: Rows, row: int, column: int, text: str) -> Rows:
    copied = [list(line) for line in rows]
    copied[row][column] = text
    return copied


def make_places(zip_pops: list[int]) -> Rows:
    return [list(PLACE_COLUMNS), *([*PLACE[:-1], str(pop)] for pop in zip_pops)]


def refuse(parse: Callable[[str, Rows], object], rows: Rows) -> InputError:
    with pytest.raises(InputError) as caught:
        parse("dir/some.csv", rows)
    assert caught.value.where == "dir/some.csv"
    return caught.value


def test_places_are_read() -> None:
    places = parse_places("f", PLACES)
    assert places.zip == ("91371", "04570")
    assert places.city == ("Woodland Hills", "Squirrel Island")
    assert places.state == ("CA", "ME")
    assert [array.dtype.name for array in (places.lat, places.long)] == ["float64", "float64"]
    assert [array.dtype.name for array in (places.city_pop, places.zip_pop)] == ["int64", "int64"]
    assert places.lat.tolist() == [33.7866, 44.0213]
    assert places.long.tolist() == [-118.2987, -69.5233]
    assert places.city_pop.tolist() == [65351, 2]
    assert places.zip_pop.tolist() == [1, 3]


def test_ages_are_read_and_shares_normalised() -> None:
    ages = parse_age_gender("f", AGES)
    assert ages.gender == ("M", "F", "M")
    assert ages.age.tolist() == [15, 15, 16]
    assert ages.share.tolist() == [1 / 3.5, 2.5 / 3.5, 0.0]


def test_merchants_are_grouped_in_file_order() -> None:
    merchants = parse_merchants("f", MERCHANTS)
    assert merchants == Merchants(("home", "travel"), (("O'Hara Ltd", "Café"), ("Fox, Ray and Co",)))


def test_a_merchant_may_be_listed_twice() -> None:
    assert parse_merchants("f", [*MERCHANTS, MERCHANTS[1]]).names[0] == ("O'Hara Ltd", "Café", "O'Hara Ltd")


def test_arrays_are_read_only() -> None:
    places, ages = parse_places("f", PLACES), parse_age_gender("f", AGES)
    arrays = (places.lat, places.long, places.city_pop, places.zip_pop, ages.age, ages.share, place_weights(places))
    assert not any(array.flags.writeable for array in arrays)


@pytest.mark.parametrize(
    ("column", "text", "expected"),
    [
        ("zip", "4570", "five digits, leading zeros included"),
        ("zip", "045700", "five digits, leading zeros included"),
        ("zip", "\u0660\u0664\u0665\u0667\u0660", "five digits, leading zeros included"),
        ("city", "", "1 to 200 printable characters"),
        ("city", "x" * 201, "1 to 200 printable characters"),
        ("city", "New|York", "1 to 200 printable characters"),
        ("city", "New\nYork", "1 to 200 printable characters"),
        ("city", ' "York"', "1 to 200 printable characters"),
        ("state", "Me", "two capital letters"),
        ("state", "", "two capital letters"),
        ("lat", "90.0001", "a number from -90 to 90"),
        ("lat", "-91", "a number from -90 to 90"),
        ("lat", "nan", "a number from -90 to 90"),
        ("lat", "1_0", "a number from -90 to 90"),
        ("lat", "", "a number from -90 to 90"),
        ("lat", "44,02", "a number from -90 to 90"),
        ("long", "180.5", "a number from -180 to 180"),
        ("long", "-inf", "a number from -180 to 180"),
        ("long", "1e999", "a number from -180 to 180"),
        ("city_pop", "0", "an integer from 1 to 2,147,483,647"),
        ("city_pop", "2147483648", "an integer from 1 to 2,147,483,647"),
        ("city_pop", "2.0", "an integer from 1 to 2,147,483,647"),
        ("zip_pop", "-3", "an integer from 1 to 2,147,483,647"),
        ("zip_pop", " 3", "an integer from 1 to 2,147,483,647"),
        ("zip_pop", "9" * 5000, "an integer from 1 to 2,147,483,647"),
    ],
)
def test_bad_places_are_named(column: str, text: str, expected: str) -> None:
    error = refuse(parse_places, with_cell(PLACES, 2, PLACE_COLUMNS.index(column), text))
    assert (error.field, error.value) == (f"line 3, {column}", text[:200])
    assert error.expected.startswith(expected)
    assert str(error).startswith(f"dir/some.csv: line 3, {column}: got {text[:200]!r}, expected {expected}")


@pytest.mark.parametrize(
    ("row", "column", "text", "expected"),
    [
        (1, "gender", "m", "F or M, or Female or Male"),
        (1, "gender", "", "F or M, or Female or Male"),
        (2, "age", "-1", "an integer from 0 to 120"),
        (2, "age", "121", "an integer from 0 to 120"),
        (2, "age", "15.5", "an integer from 0 to 120"),
        (3, "age", "15", "each age of gender M once"),
        (3, "proportion", "-0.1", "a number from 0 to 1e+12"),
        (3, "proportion", "NaN", "a number from 0 to 1e+12"),
    ],
)
def test_bad_ages_are_named(row: int, column: str, text: str, expected: str) -> None:
    error = refuse(parse_age_gender, with_cell(AGES, row, AGE_COLUMNS.index(column), text))
    assert (error.field, str(error.value)) == (f"line {row + 1}, {column}", text)
    assert error.expected == expected


@pytest.mark.parametrize("share", ["0", "0.0", "5e-324"])
def test_shares_need_a_positive_sum(share: str) -> None:
    error = refuse(parse_age_gender, [list(AGE_COLUMNS), ["M", "15", share], ["F", "15", share]])
    assert (error.field, error.expected) == ("proportion", "shares with a positive sum")


@pytest.mark.parametrize("column", MERCHANT_COLUMNS)
@pytest.mark.parametrize("text", ["", " ", "a|b", "a\nb", "a\rb", 'a"b', "a ", "a\0", "\ud800"])
def test_bad_merchants_are_named(column: str, text: str) -> None:
    error = refuse(parse_merchants, with_cell(MERCHANTS, 2, MERCHANT_COLUMNS.index(column), text))
    assert (error.field, error.value) == (f"line 3, {column}", text)


Parse = Callable[[str, Rows], object]
PARSERS: list[tuple[Parse, Rows]] = [
    (parse_places, PLACES),
    (parse_age_gender, AGES),
    (parse_merchants, MERCHANTS),
]
HEADERS: list[tuple[Parse, Rows, Sequence[str]]] = [
    (parse_places, PLACES, ORIGINAL_PLACES),
    (parse_age_gender, AGES, ORIGINAL_AGES),
    (parse_merchants, MERCHANTS, ORIGINAL_MERCHANTS),
]


@pytest.mark.parametrize(("parse", "rows", "original"), HEADERS)
def test_the_header_must_be_exact(parse: Parse, rows: Rows, original: Sequence[str]) -> None:
    spoiled: list[Rows] = [[], [[]], rows[1:], [[*rows[0], "more"], *rows[1:]], [rows[0][::-1], *rows[1:]]]
    for bad in spoiled:
        error = refuse(parse, bad)
        assert (error.field, error.value) == ("line 1", ",".join(bad[0] if bad else []))
        assert error.expected == f"the header {','.join(rows[0])} or the header {','.join(original)}"


@pytest.mark.parametrize(
    ("parse", "header", "remedy"),
    [
        (parse_places, "zip,city,State,lat,lon,city_pop,zip_pop", "did you mean 'state'?; did you mean 'long'?"),
        (parse_age_gender, "gender,age,proportions", "did you mean 'proportion'?"),
        (parse_merchants, "categories,names", "did you mean 'category'?; did you mean 'name'?"),
        (parse_merchants, "x,y", ""),
        (parse_merchants, "name,category", ""),
    ],
)
def test_likely_columns_are_named(parse: Parse, header: str, remedy: str) -> None:
    assert refuse(parse, [header.split(",")]).remedy == remedy


SPARKOV_PLACES: Rows = [
    list(ORIGINAL_PLACES),
    ["0.25", "Woodland Hills|CA|91371|33.7866|-118.2987|65351"],
    ["1.0", "Squirrel Island|ME|04570|44.0213|-69.5233|2"],
]


def test_places_of_the_original_are_read() -> None:
    places, own = parse_places("f", SPARKOV_PLACES), parse_places("f", PLACES)
    for name in ("zip", "city", "state"):
        assert getattr(places, name) == getattr(own, name)
    for name in ("lat", "long", "city_pop", "zip_pop"):
        assert getattr(places, name).tolist() == getattr(own, name).tolist()
        assert not getattr(places, name).flags.writeable


@given(st.lists(st.integers(1, 200_000), max_size=60), st.integers(1, 1000))
def test_populations_are_found_again(pops: list[int], smallest: int) -> None:
    # Unlike their sums, whole numbers below 2**53 and their quotients are exact enough to tell.
    pops = [smallest, *(max(pop, smallest) for pop in pops)]
    sums = np.cumsum(np.array(pops) / sum(pops))
    rows = [[repr(float(end)), "|".join([*PLACE[1:3], PLACE[0], *PLACE[3:6]])] for end in sums]
    found = parse_places("f", [list(ORIGINAL_PLACES), *rows])
    divisor = math.gcd(*pops)
    assert found.zip_pop.tolist() == [pop // divisor for pop in pops]


def test_shares_that_are_no_quotients_keep_their_proportions() -> None:
    ends = np.append(np.cumsum(np.sin(np.arange(1.0, 501.0)) + 1.5) / 1000, 1.0)
    rows = [[repr(float(end)), SPARKOV_PLACES[1][1]] for end in ends]
    found = parse_places("f", [list(ORIGINAL_PLACES), *rows]).zip_pop
    np.testing.assert_allclose(np.cumsum(found / found.sum()), ends, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("row", "cells", "field", "expected"),
    [
        (1, ["", "Y|CA|91371|33.7|-118.2|1"], "line 2, partition", "a number from 0 to 1"),
        (1, ["0", "Y|CA|91371|33.7|-118.2|1"], "line 2, partition", "more than in the line before, as shares add up"),
        (2, ["0.25", "Y|CA|91371|33.7|-118.2|1"], "line 3, partition", "more than in the line before"),
        (2, ["1.1", "Y|CA|91371|33.7|-118.2|1"], "line 3, partition", "a number from 0 to 1"),
        (2, ["0.99", "Y|CA|91371|33.7|-118.2|1"], "line 3, partition", "a last sum of 1"),
        (2, ["1.0", "Y|CA|91371|33.7|-118.2"], "line 3", "7 fields"),
        (2, ["1.0", "Y|CA|91371|33.7|-118.2|1", "2"], "line 3", "7 fields"),
        (2, ["1.0"], "line 3", "7 fields"),
        (2, ["1.0", "Y|CA|1371|33.7|-118.2|1"], "line 3, zip", "five digits, leading zeros included"),
        (1, ["0.5", "Y|CA|91371|north|-118.2|1"], "line 2, lat", "a number from -90 to 90"),
    ],
)
def test_bad_places_of_the_original_are_named(row: int, cells: list[str], field: str, expected: str) -> None:
    error = refuse(parse_places, [*SPARKOV_PLACES[:row], cells, *SPARKOV_PLACES[row + 1 :]])
    assert error.field == field
    assert error.expected.startswith(expected)


def test_ages_of_the_original_are_read() -> None:
    rows = [list(ORIGINAL_AGES), ["30", "15", "Male", "1"], ["31", "15", "Female", "2.5e0"], ["", "16", "M", "0"]]
    ages, own = parse_age_gender("f", rows), parse_age_gender("f", AGES)
    assert (ages.gender, ages.age.tolist(), ages.share.tolist()) == (own.gender, own.age.tolist(), own.share.tolist())
    assert refuse(parse_age_gender, with_cell(rows, 2, 3, "x")).field == "line 3, prop"


def test_merchants_of_the_original_are_read() -> None:
    assert parse_merchants("f", [list(ORIGINAL_MERCHANTS), *MERCHANTS[1:]]) == parse_merchants("f", MERCHANTS)
    assert refuse(parse_merchants, [list(ORIGINAL_MERCHANTS), ["home", ""]]).field == "line 2, merchant_name"


@pytest.mark.parametrize(("parse", "rows"), PARSERS)
def test_a_header_alone_is_refused(parse: Callable[[str, Rows], object], rows: Rows) -> None:
    assert refuse(parse, rows[:1]).expected == "at least one row below the header"


@pytest.mark.parametrize(("parse", "rows"), PARSERS)
def test_short_and_long_lines_are_refused(parse: Callable[[str, Rows], object], rows: Rows) -> None:
    for line in ([], rows[1][:-1], [*rows[1], ""]):
        error = refuse(parse, [*rows[:2], line, *rows[2:]])
        assert (error.field, error.value) == ("line 3", f"{len(line)} fields")
        assert error.expected == f"{len(rows[0])} fields"


def test_place_weights_of_a_small_case() -> None:
    weights = place_weights(parse_places("f", make_places([1, 2, 5])))
    assert weights.tolist() == pytest.approx([(1 + 1) / 8, 3.5 / 8, 2.5 / 8], rel=1e-15)


def test_the_only_place_has_all_weight() -> None:
    assert place_weights(parse_places("f", make_places([7]))).tolist() == [1.0]


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=30).map(sorted))
def test_place_weights_are_those_of_the_nearest_cumulative_share(pops: list[int]) -> None:
    weights = place_weights(parse_places("f", make_places(pops)))
    cumulative = np.cumsum(pops) / sum(pops)
    u = (np.arange(20_000) + 0.5) / 20_000
    nearest = np.abs(u[:, np.newaxis] - cumulative).argmin(axis=1)
    found = np.bincount(nearest, minlength=len(pops)) / len(u)
    assert np.abs(found - weights).max() <= 2 / len(u)


def test_shipped_data() -> None:
    data = load_demographics(DEFAULT_DEMOGRAPHICS)
    places, ages = data.places, data.age_gender
    assert {len(places.zip), len(places.city), len(places.state), len(places.lat), len(places.long)} == {32_948}
    assert int(places.zip_pop.sum()) == 308_739_931
    assert bool((np.diff(places.zip_pop) >= 0).all())
    assert place_weights(places).sum() == pytest.approx(1.0, abs=1e-12)
    assert (len(ages.gender), int(ages.age.min()), int(ages.age.max())) == (162, 15, 95)
    assert ages.share.sum() == pytest.approx(1.0, abs=1e-12)
    assert data.merchants.categories == CATEGORIES
    assert [len(set(names)) for names in data.merchants.names] == [500] * 16
