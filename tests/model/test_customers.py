"""Customers: margins against those of the original, identifiers, ages, and independence of batches."""

from __future__ import annotations

import dataclasses
import pickle
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tests.support.checkout import SUPPORT
from vecgen.config.demographics import Demographics, place_weights
from vecgen.config.faker_lists import WordLists, compile_word_lists
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES, load_demographics, load_profiles
from vecgen.config.profile import ProfileSet
from vecgen.errors import InputError
from vecgen.model.customers import (
    Customers,
    CustomerTables,
    Purpose,
    Segmenter,
    append_check_digits,
    compile_customers,
    draw_customers,
    draw_segments,
)
from vecgen.model.identifiers import ISSUED_SSNS, SAFE_SSNS
from vecgen.sampling.categorical import Categorical, compile_categorical
from vecgen.sampling.rng import mix

MEASURED = SUPPORT / "data" / "customers"
REFERENCE_DAY = date(2026, 11, 23)
SEED = 20_260_706
Counts = Mapping[Any, int]


@dataclasses.dataclass(frozen=True)
class World:
    """Everything customers are compiled from, and 300,000 of them."""

    profiles: ProfileSet
    demographics: Demographics
    words: WordLists
    tables: CustomerTables
    customers: Customers


@pytest.fixture(scope="module")
def world() -> World:
    profiles, demographics = load_profiles(DEFAULT_PROFILES), load_demographics(DEFAULT_DEMOGRAPHICS)
    words = compile_word_lists()
    tables = compile_customers(profiles, demographics, words, REFERENCE_DAY)
    return World(profiles, demographics, words, tables, draw_customers(tables, SEED, np.arange(300_000)))


def read_margin(name: str) -> dict[Any, int]:
    table = pq.read_table(MEASURED / f"{name}.parquet")
    columns: list[list[Any]] = [column.to_pylist() for column in table.columns]
    *keys, counts = columns
    return dict(zip(keys[0] if len(keys) == 1 else zip(*keys, strict=True), counts, strict=True))


def count_codes(codes: npt.NDArray[np.integer], label: Callable[[int], Any]) -> Counter[Any]:
    counts: Counter[Any] = Counter()
    for code, count in enumerate(np.bincount(codes)):
        counts[label(code)] += int(count)
    return counts


def compare(ours: Counts, theirs: Counts) -> float:
    """Return the p-value of a chi-square test that both count one distribution; cells below 20 in all are pooled."""
    cells = [(ours.get(key, 0), theirs.get(key, 0)) for key in ours.keys() | theirs.keys()]
    large = [cell for cell in cells if sum(cell) >= 20]
    small = np.sum([cell for cell in cells if sum(cell) < 20], axis=0, initial=0, dtype=np.int64)
    pooled = np.array([*large, *([] if np.sum(small) < 20 else [small])])
    return float(stats.chi2_contingency(pooled.T).pvalue)


def test_profiles_are_as_frequent_as_in_the_original(world: World) -> None:
    ours = count_codes(world.customers.profile, lambda code: world.tables.profiles[code])
    assert compare(+ours, read_margin("profile")) > 1e-4


def test_ages_and_genders_are_as_frequent_as_in_the_original(world: World) -> None:
    ages = world.demographics.age_gender
    ours = count_codes(world.customers.age_gender, lambda code: (ages.gender[code], int(ages.age[code])))
    theirs: Counter[Any] = Counter()
    for (gender, age), count in read_margin("age_gender").items():
        theirs[gender, min(max(age, 15), 95)] += count  # years of 365 days make some a year too young or too old
    assert compare(ours, theirs) > 1e-4


@pytest.mark.parametrize("column", ["state", "zip"])
def test_places_are_as_frequent_as_in_the_original(world: World, column: str) -> None:
    labels = getattr(world.tables.places, column)
    assert compare(count_codes(world.customers.place, lambda code: labels[code]), read_margin(column)) > 1e-4


def test_first_names_are_as_frequent_as_in_the_original(world: World) -> None:
    female, male = world.words.first_female.texts, world.words.first_male.texts
    labels = [*(("F", name) for name in female), *(("M", name) for name in male)]
    assert compare(count_codes(world.customers.first, lambda code: labels[code]), read_margin("first_name")) > 1e-4
    is_female = world.tables.is_female.take(world.customers.age_gender)
    assert np.array_equal(is_female, world.customers.first < len(female))


def test_last_names_are_as_frequent_as_in_the_original(world: World) -> None:
    ours = count_codes(world.customers.last, lambda code: world.words.last.texts[code])
    assert compare(ours, read_margin("last_name")) > 1e-4


def test_jobs_are_as_frequent_as_in_the_original(world: World) -> None:
    ours = count_codes(world.customers.job, lambda code: world.words.job.texts[code])
    assert compare(ours, read_margin("job")) > 1e-4


def test_streets_follow_their_lists(world: World) -> None:
    for codes, words in (
        (world.customers.street_name, world.words.street_name),
        (world.customers.street_suffix, world.words.street_suffix),
    ):
        expected = words.weights * len(codes)
        assert stats.chisquare(np.bincount(codes, minlength=len(expected)), expected).pvalue > 1e-4
    digits = np.array([len(text) for text in world.words.building.texts]).take(world.customers.building)
    assert stats.chisquare(np.bincount(digits)[3:]).pvalue > 1e-4
    assert abs(np.mean(world.customers.secondary == 0) - 0.5) < 0.005


def test_account_numbers_are_as_long_as_in_the_original(world: World) -> None:
    lengths = [len(str(number)) for number in world.customers.account.tolist()]
    assert compare(Counter(lengths), read_margin("account_length")) > 1e-4


def test_cards_are_issued_as_in_the_original(world: World) -> None:
    pairs = zip(world.customers.card.tolist(), world.customers.card_length.tolist(), strict=True)
    ours = Counter((length, str(card).zfill(length)[:2]) for card, length in pairs)
    assert compare(ours, read_margin("card_length_prefix")) > 1e-4


def test_areas_of_social_security_numbers_are_as_frequent_as_in_the_original(world: World) -> None:
    ours = count_codes(world.customers.ssn // 1_000_000, lambda code: f"{code:03d}")
    theirs = read_margin("ssn_area")
    # The original turns area 666 into 667, which is then twice as frequent: numbers that must differ cannot be.
    del ours["667"], theirs["667"]
    assert ours["666"] == ours["000"] == 0
    assert compare(+ours, theirs) > 1e-4


def test_birthdays_are_as_frequent_as_in_the_original(world: World) -> None:
    days = Counter(date(1970, 1, 1) + timedelta(days=day) for day in world.customers.dob.tolist())
    ours: Counter[Any] = Counter()
    for day, count in days.items():
        ours[day.month, day.day] += count
    theirs = read_margin("birth_month_day")
    leap_days = ours.pop((2, 29))
    del theirs[2, 29]  # the original rejects it in three years of four, even where the year has one
    assert compare(ours, theirs) > 1e-4
    assert stats.binomtest(leap_days, len(world.customers.dob), 1 / 1461).pvalue > 1e-4


def test_attributes_are_independent(world: World) -> None:
    codes = [
        getattr(world.customers, name) for name in ("age_gender", "place", "last", "building", "street_name", "job")
    ]
    codes += [world.customers.dob % 97, world.customers.ssn, world.customers.account, world.customers.card]
    quarters = [np.searchsorted(np.quantile(code, [0.25, 0.5, 0.75]), code) for code in codes]
    for i, one in enumerate(quarters):
        for other in quarters[:i]:
            table = np.bincount(one * 4 + other, minlength=16).reshape(4, 4)
            assert stats.chi2_contingency(table).pvalue > 1e-5


def find_profile(world: World, gender: str, age: int, city_pop: int) -> str:
    for s in world.profiles.segments:
        if s.gender == gender and s.age_min <= age < s.age_max and s.city_pop_min <= city_pop < s.city_pop_max:
            return s.profile
    return world.profiles.names[-1]


def test_the_first_matching_segment_names_the_profile(world: World) -> None:
    ages, places = world.demographics.age_gender, world.demographics.places
    customers = world.customers
    for row in range(5000):
        code, place = customers.age_gender[row], customers.place[row]
        expected = find_profile(world, ages.gender[code], int(ages.age[code]), int(places.city_pop[place]))
        assert world.tables.profiles[customers.profile[row]] == expected


def test_customers_no_segment_matches_are_left_over(world: World) -> None:
    segments = tuple(s for s in world.profiles.segments if s.gender == "F" and s.city_pop_min > 0)
    profiles = dataclasses.replace(world.profiles, segments=segments)
    tables = compile_customers(profiles, world.demographics, world.words, REFERENCE_DAY)
    drawn = draw_customers(tables, SEED, np.arange(2000))
    pops = world.demographics.places.city_pop.take(drawn.place)
    left_over = drawn.profile == len(profiles.names) - 1
    assert np.array_equal(left_over, ~tables.is_female.take(drawn.age_gender) | (pops < 2500))


def test_segments_can_be_scanned_without_drawing_the_rest(world: World) -> None:
    ids = np.arange(300_000)
    assert np.array_equal(draw_segments(world.tables, SEED, ids), world.customers.profile)
    assert len(draw_segments(world.tables, SEED, ids[:0])) == 0


def test_identifiers_are_unique_and_well_formed(world: World) -> None:
    drawn = draw_customers(world.tables, 5, np.arange(1_000_000))
    for numbers in (drawn.ssn, drawn.account, drawn.card):
        assert len(np.unique(numbers)) == len(numbers)
    area, group, serial = drawn.ssn // 1_000_000, drawn.ssn // 10_000 % 100, drawn.ssn % 10_000
    assert area.min() == 1
    assert area.max() == 899
    assert not np.any(area == 666)
    assert group.min() == serial.min() == 1
    assert drawn.account.min() >= 0
    assert drawn.account.max() < 10**12


def test_identifiers_of_distant_customers_differ_too(world: World) -> None:
    capacity = world.tables.cards.capacity
    ids = np.arange(0, min(ISSUED_SSNS.size, capacity), 997)
    drawn = draw_customers(world.tables, 5, ids)
    for numbers in (drawn.ssn, drawn.account, drawn.card):
        assert len(np.unique(numbers)) == len(numbers)


@pytest.fixture(scope="module")
def safe(world: World) -> CustomerTables:
    return compile_customers(world.profiles, world.demographics, world.words, REFERENCE_DAY, safe_identifiers=True)


def test_safe_identifiers_change_nothing_else(world: World, safe: CustomerTables) -> None:
    ids = np.arange(5000)
    one, other = draw_customers(world.tables, 5, ids), draw_customers(safe, 5, ids)
    different = {
        f.name for f in dataclasses.fields(one) if not np.array_equal(getattr(one, f.name), getattr(other, f.name))
    }
    assert different == {"ssn", "card"}  # `card_length` stays
    assert not np.any(one.ssn == other.ssn)
    assert not np.any(one.card == other.card)


def test_safe_identifiers_are_safe_and_unique(safe: CustomerTables) -> None:
    near, far = np.arange(200_000), np.arange(0, SAFE_SSNS.size, 199)
    for ids in (near, far):
        drawn = draw_customers(safe, 5, ids)
        for numbers in (drawn.ssn, drawn.card):
            assert len(np.unique(numbers)) == len(numbers)
        area, group, serial = drawn.ssn // 1_000_000, drawn.ssn // 10_000 % 100, drawn.ssn % 10_000
        assert set(np.unique(area).tolist()) <= {0, 666, *range(900, 1000)}
        assert set(np.unique(group).tolist()) == set(SAFE_SSNS.groups.tolist())
        assert serial.min() == 1
        assert np.all(drawn.card // 10 ** (drawn.card_length.astype(np.uint64) - np.uint64(2)) == 99)
    assert all(sum_luhn(card) % 10 == 0 for card in drawn.card[:5000].tolist())


def test_past_their_space_safe_numbers_go_round_again(safe: CustomerTables) -> None:
    drawn = draw_customers(safe, 5, np.arange(SAFE_SSNS.size - 2, SAFE_SSNS.size + 20_000))
    assert np.all(np.isin(drawn.ssn // 1_000_000, [0, 666, *range(900, 1000)]))
    assert len(np.unique(drawn.ssn[2:])) == 20_000  # a lap of its own, which does not repeat itself


def sum_luhn(number: int) -> int:
    digits = [int(digit) for digit in reversed(str(number))]
    return sum(digits[0::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])


def test_card_numbers_end_in_their_luhn_digit(world: World) -> None:
    assert all(sum_luhn(card) % 10 == 0 for card in world.customers.card[:20_000].tolist())


@given(st.lists(st.integers(0, 10**18 - 1), min_size=1, max_size=20))
def test_check_digits_agree_with_the_textbook(numbers: list[int]) -> None:
    checked = append_check_digits(np.array(numbers, dtype=np.uint64)).tolist()
    assert [number // 10 for number in checked] == numbers
    assert all(sum_luhn(number) % 10 == 0 for number in checked)


def rows_of(customers: Customers) -> list[tuple[Any, ...]]:
    columns = [getattr(customers, field.name).tolist() for field in dataclasses.fields(customers)]
    return list(zip(*columns, strict=True))


ids_of_any_size = (
    st.integers(0, 5000) | st.integers(ISSUED_SSNS.size - 2, ISSUED_SSNS.size + 2) | st.integers(0, 2**63 - 1)
)


@given(ids=st.lists(ids_of_any_size, max_size=30), seed=st.integers(-(2**65), 2**65), data=st.data())
def test_a_customer_depends_on_seed_and_id_alone(world: World, ids: list[int], seed: int, data: st.DataObject) -> None:
    together = rows_of(draw_customers(world.tables, seed, np.array(ids, dtype=np.int64)))
    order = data.draw(st.permutations(range(len(ids))))
    kept = order[: data.draw(st.integers(0, len(ids)))]
    apart = draw_customers(world.tables, seed, np.array([ids[row] for row in kept], dtype=np.int64))
    assert rows_of(apart) == [together[row] for row in kept]
    profile = draw_segments(world.tables, seed, np.array([ids[row] for row in kept], dtype=np.int64))
    assert np.array_equal(profile, apart.profile)


def test_seeds_give_different_customers(world: World) -> None:
    one, other = (draw_customers(world.tables, seed, np.arange(1000)) for seed in (1, 2))
    assert np.mean(one.ssn == other.ssn) < 0.01
    assert np.mean(one.place == other.place) < 0.05


def test_tables_survive_pickling(world: World) -> None:
    copied = pickle.loads(pickle.dumps(world.tables))
    assert rows_of(draw_customers(copied, 3, np.arange(100))) == rows_of(
        draw_customers(world.tables, 3, np.arange(100))
    )


def age_on(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


leap_days = st.sampled_from([date(2020, 2, 29), date(2024, 2, 29), date(2000, 2, 29)])
near_leap_days = st.sampled_from([date(2023, 2, 28), date(2023, 3, 1), date(2024, 2, 28), date(2024, 3, 1)])


@settings(max_examples=25)
@given(as_of=leap_days | near_leap_days | st.dates(date(1950, 1, 1), date(2100, 12, 31)))
def test_dates_of_birth_fit_the_ages_of_the_reference_day(world: World, as_of: date) -> None:
    tables = compile_customers(world.profiles, world.demographics, world.words, as_of)
    ages = world.demographics.age_gender.age
    for code in range(0, len(ages), 13):
        first = date(1970, 1, 1) + timedelta(days=int(tables.birth_first[code]))
        last = first + timedelta(days=int(tables.birth_days[code]) - 1)
        assert age_on(first, as_of) == age_on(last, as_of) == ages[code]
        assert age_on(first - timedelta(days=1), as_of) == ages[code] + 1
        assert age_on(last + timedelta(days=1), as_of) == ages[code] - 1
    drawn = draw_customers(tables, 1, np.arange(200))
    for days, code in zip(drawn.dob.tolist(), drawn.age_gender.tolist(), strict=True):
        assert age_on(date(1970, 1, 1) + timedelta(days=days), as_of) == ages[code]


def test_refuses_a_reference_day_before_the_calendar(world: World) -> None:
    with pytest.raises(InputError, match="as_of: got '0090-01-01'"):
        compile_customers(world.profiles, world.demographics, world.words, date(90, 1, 1))


@pytest.mark.parametrize("weights", [[1.0], [0.0, 3.0, 1.0], list(1.3 ** np.arange(100)), "places"])
def test_quick_draws_agree_with_the_binary_search(world: World, weights: Any) -> None:
    law: Categorical = compile_categorical(place_weights(world.tables.places) if weights == "places" else weights)
    words = mix(np.arange(100_000, dtype=np.uint64))
    words[:2] = [0, 2**64 - 1]
    expected = law.outcomes.take(np.searchsorted(law.lasts[:-1], words, side="left"))
    assert np.array_equal(law.draw(words), expected)
    assert np.array_equal(law.draw(words), expected)


def test_purposes_differ() -> None:
    assert len({purpose.value for purpose in Purpose}) == len(Purpose) <= 16


def test_the_bits_are_part_of_every_dataset(world: World) -> None:
    assert rows_of(draw_customers(world.tables, 42, np.array([0, 10**9]))) == [
        (0, 92, 22174, 0, 618, 305, 101024, 154, 170, 1956, 407, -1659, 455831952, 672657320119, 4942780175663707, 16),
        (1000000000, 105, 32604, 1, 162, 39, 38022, 173, 100, 0, 564, -3977, 120381292, 562251231307, 566171808025, 12),
    ]


def test_a_birthday_counts_from_its_day_on() -> None:
    segments = Segmenter(ProfileSet((), (), (), ()), date(2023, 3, 1))
    born = np.array(["2000-03-01", "2000-03-02", "2004-02-29", "2023-03-01"], dtype="datetime64[D]")
    assert segments.tell_ages(born).tolist() == [23, 22, 19, 0]


def test_segments_tell_what_they_would_have_drawn() -> None:
    profiles = load_profiles(DEFAULT_PROFILES)
    segments = Segmenter(profiles, date(2023, 1, 1))
    gender, age, city_pop = (
        np.array([0, 1, 1, 2, 0]),
        np.array([30, 50, 49, 30, -1]),
        np.array([2500, 2499, 9999, 1, 1]),
    )
    names = [profiles.names[place] for place in segments.find(gender, age, city_pop)]
    assert names == ["adults_2550_female_urban", "adults_50up_male_rural", "adults_2550_male_urban", *["leftovers"] * 2]
