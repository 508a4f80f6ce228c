"""The model of a customer: name, address, birth date, numbers, profile.

Every attribute is a pure function of (seed, customer id): one word of the customer's stream per purpose, or a keyed
permutation of the id where values must not repeat. Results are codes (positions in the tables) and integers; text is
made of them elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from vecgen.config.demographics import AgeGender, Demographics, Places, place_weights
from vecgen.config.faker_lists import WordLists
from vecgen.config.profile import SUFFIX, ProfileSet
from vecgen.errors import InputError, setting
from vecgen.model.identifiers import ISSUED_SSNS, SAFE_SSNS, CardTables, SsnRanges, compile_cards, compile_safe_cards
from vecgen.sampling.arrays import I16, I32, I64, U8, U64, Bools
from vecgen.sampling.categorical import Categorical, compile_categorical
from vecgen.sampling.permutation import derive_permutation_keys, permute, permute_ids
from vecgen.sampling.rng import derive_keys, draw_words, high_half, scale_to, start_counters

Ids = npt.NDArray[np.integer]

CUSTOMER_STREAM: Final = 2
"""Stream of the customers' own attributes; the streams below belong to their transactions."""

ACCOUNT_SPACE: Final = 10**12
"""Account numbers: integers below this."""

GENDERS: Final = ("F", "M")

_SCAN_BATCH: Final = 1 << 15
_EPOCH: Final = date(1970, 1, 1)


class Purpose(IntEnum):
    """Which word of a customer's stream an attribute takes; the numbers are part of every dataset."""

    AGE_GENDER = 0
    PLACE = 1
    FIRST = 2
    LAST = 3
    BUILDING = 4
    STREET_NAME = 5
    STREET_SUFFIX = 6
    SECONDARY = 7
    JOB = 8
    BIRTH = 9


class Permutation(IntEnum):
    """Which keyed permutation of the seed makes an identifier; the cards' digits take CARD_BODY and upwards."""

    SSN = 0
    ACCOUNT = 1
    CARD = 2
    CARD_BODY = 3


@dataclass(frozen=True)
class Segmenter:
    """Finds the profiles of customers who were not drawn, by what segments ask for on a reference day."""

    profiles: ProfileSet
    as_of: date

    def tell_ages(self, born: npt.NDArray[np.datetime64]) -> I64:
        """Return full years; a birthday on 29 February is celebrated on 1 March."""
        year = born.astype("datetime64[Y]").astype(np.int64)
        month = born.astype("datetime64[M]").astype(np.int64) % 12 + 1
        day = (born - born.astype("datetime64[M]")).astype(np.int64) + 1
        as_of = self.as_of
        before = (month > as_of.month) | ((month == as_of.month) & (day > as_of.day))
        return np.asarray(as_of.year - 1970 - year - before)

    def find(self, gender: I64, age: I64, city_pop: I64) -> I64:
        """Return positions in the names of the profiles; the last, that of leftovers, where no segment matches.

        Args:
            gender: 0 for F, 1 for M; others match nothing.
            age: Full years.
        """
        position = {name: number for number, name in enumerate(self.profiles.names)}
        found = np.full(len(age), len(position) - 1, dtype=np.int64)
        for segment in reversed(self.profiles.segments):  # so the first that matches is written last
            matches = (gender == GENDERS.index(segment.gender)) & (segment.age_min <= age) & (age < segment.age_max)
            matches &= (segment.city_pop_min <= city_pop) & (city_pop < segment.city_pop_max)
            found[matches] = position[segment.profile]
        return found


@dataclass(frozen=True, eq=False)
class CustomerTables:
    """The model of a customer, compiled for one reference day; picklable, read-only, about 7 MB as shipped.

    Attributes:
        profiles: Names of the profiles, without suffix; codes of `Customers.profile` are positions in it.
        places: The ZIP areas; codes of `Customers.place` are positions in it.
        gender, is_female: Gender of each age and gender code.
        words: Texts of the other codes. Codes of `Customers.first` number female names first, male names behind them.
        place_class: Class of each place by inhabitants, as far as segments distinguish them (int16).
        profile_of: Profile of each (age and gender code, place class), int16.
        birth_first, birth_days: First possible day of birth (days since 1970-01-01) and number of possible days, per
            age and gender code.
    """

    as_of: date
    profiles: tuple[str, ...]
    places: Places
    gender: tuple[str, ...]
    is_female: Bools
    words: WordLists
    place_class: I16
    profile_of: I16
    birth_first: I32
    birth_days: U64
    age_gender_distribution: Categorical
    place_distribution: Categorical
    first_distributions: tuple[Categorical, Categorical]
    last_distribution: Categorical
    building_distribution: Categorical
    street_name_distribution: Categorical
    street_suffix_distribution: Categorical
    secondary_distribution: Categorical
    job_distribution: Categorical
    ssns: SsnRanges
    cards: CardTables

    @property
    def profile_files(self) -> tuple[str, ...]:
        """Values of the column `profile`: the names of the profiles' files."""
        return tuple(f"{name}{SUFFIX}" for name in self.profiles)


@dataclass(frozen=True, eq=False)
class Customers:
    """Customers as columns of one length: codes into `CustomerTables`, and integers.

    Attributes:
        id: Customer ids (int64).
        age_gender, place, first, last, building, street_name, street_suffix, secondary, job: Codes (int64).
        profile: Position in `CustomerTables.profiles` (int16).
        dob: Date of birth, days since 1970-01-01 (int32).
        ssn: Nine digits as one integer (int32).
        account: Account number, below ACCOUNT_SPACE (int64).
        card: Card number with its check digit (uint64).
        card_length: Digits of the card number, leading zeros included (uint8).
    """

    id: I64
    age_gender: I64
    place: I64
    profile: I16
    first: I64
    last: I64
    building: I64
    street_name: I64
    street_suffix: I64
    secondary: I64
    job: I64
    dob: I32
    ssn: I32
    account: I64
    card: U64
    card_length: U8


def compile_customers(
    profiles: ProfileSet, demographics: Demographics, words: WordLists, as_of: date, safe_identifiers: bool = False
) -> CustomerTables:
    """Compile the model of a customer; ages and dates of birth agree on the day `as_of`.

    Safe identifiers change social security and card numbers, nothing else (`identifiers`).

    Raises:
        InputError: `as_of` too early for the ages, or card prefixes that could give two customers one number.
    """
    places, age_gender = demographics.places, demographics.age_gender
    place_class, profile_of = _compile_segments(profiles, places, age_gender)
    birth_first, birth_days = _compile_births(age_gender, as_of)
    return CustomerTables(
        as_of=as_of,
        profiles=profiles.names,
        places=places,
        gender=age_gender.gender,
        is_female=np.array([gender == "F" for gender in age_gender.gender]),
        words=words,
        place_class=place_class,
        profile_of=profile_of,
        birth_first=birth_first,
        birth_days=birth_days,
        age_gender_distribution=compile_categorical(age_gender.share),
        place_distribution=compile_categorical(place_weights(places)),
        first_distributions=(
            compile_categorical(words.first_female.weights),
            compile_categorical(words.first_male.weights),
        ),
        last_distribution=compile_categorical(words.last.weights),
        building_distribution=compile_categorical(words.building.weights),
        street_name_distribution=compile_categorical(words.street_name.weights),
        street_suffix_distribution=compile_categorical(words.street_suffix.weights),
        secondary_distribution=compile_categorical(words.secondary.weights),
        job_distribution=compile_categorical(words.job.weights),
        ssns=SAFE_SSNS if safe_identifiers else ISSUED_SSNS,
        cards=(compile_safe_cards if safe_identifiers else compile_cards)(words.card_types),
    )


def _compile_segments(profiles: ProfileSet, places: Places, age_gender: AgeGender) -> tuple[I16, I16]:
    segments = profiles.segments
    bounds = {bound for s in segments for bound in (s.city_pop_min, s.city_pop_max)}
    cuts = np.array(sorted({0.0, *(float(bound) for bound in bounds)}))
    cuts = cuts[np.isfinite(cuts)]
    # Class k holds cuts[k-1] <= inhabitants < cuts[k]; its lower bound stands for all of it.
    place_class = np.searchsorted(cuts, places.city_pop, side="right").astype(np.int16)
    samples, gender = np.array([cuts[0] - 1.0, *cuts]), np.array(age_gender.gender)
    position = {name: number for number, name in enumerate(profiles.names)}
    # The last profile takes all others. Segments are written last to first, so that the first that matches wins.
    profile_of = np.full((len(gender), len(samples)), len(profiles.names) - 1, dtype=np.int16)
    for s in reversed(segments):
        matching = (gender == s.gender) & (age_gender.age >= s.age_min) & (age_gender.age < s.age_max)
        first, last = np.searchsorted(samples, [s.city_pop_min, s.city_pop_max])
        profile_of[matching, first:last] = position[s.profile]
    return place_class, profile_of


def _compile_births(age_gender: AgeGender, as_of: date) -> tuple[I32, U64]:
    if as_of.year - int(np.max(age_gender.age)) <= 1:
        raise InputError(setting("as_of"), "", as_of.isoformat(), f"a year above {int(np.max(age_gender.age)) + 1}")
    ranges = [_birth_range(int(age), as_of) for age in age_gender.age]
    first = np.array([(start - _EPOCH).days for start, _ in ranges], dtype=np.int32)
    days = np.array([(end - start).days + 1 for start, end in ranges], dtype=np.uint64)
    return first, days


def _birth_range(age: int, as_of: date) -> tuple[date, date]:
    """Return the first and the last date of birth of those who are `age` years old on the day `as_of`.

    In a year without 29 February, a birthday on that day counts on 1 March.
    """
    return _years_before(as_of, age + 1) + timedelta(days=1), _years_before(as_of, age)


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February of a year without one: the day before 1 March
        return date(day.year - years, 2, 28)


def draw_segments(tables: CustomerTables, seed: int, ids: Ids) -> I16:
    """Return the profile (position in `tables.profiles`) of each customer, as `draw_customers` does.

    Takes ids (0 <= id < 2**63) in any order and number; 40 ns a customer, for scanning ranges of ids.
    """
    out = np.empty(len(ids), dtype=np.int16)
    for start in range(0, len(ids), _SCAN_BATCH):
        batch = slice(start, start + _SCAN_BATCH)
        keys = derive_keys(seed, CUSTOMER_STREAM, ids[batch])
        # Every customer is entry 0 of its own stream, so the Weyl state itself is the counter.
        age_gender = tables.age_gender_distribution.draw(draw_words(keys, keys.weyl, Purpose.AGE_GENDER))
        place = tables.place_distribution.draw(draw_words(keys, keys.weyl, Purpose.PLACE))
        out[batch] = _find_profiles(tables, age_gender, place)
    return out


def draw_customers(tables: CustomerTables, seed: int, ids: Ids) -> Customers:
    """Return all attributes of the customers `ids` (0 <= id < 2**63, any order); depends on nothing but (seed, id).

    `ssn`, `account` and `card` are distinct for ids below `tables.ssns.size`, ACCOUNT_SPACE and
    `tables.cards.capacity`; past its space each starts a new permutation and may repeat earlier numbers.
    """
    keys = derive_keys(seed, CUSTOMER_STREAM, ids)
    start = start_counters(keys, np.zeros(len(ids), dtype=np.int64))

    def draw(law: Categorical, purpose: Purpose) -> I64:
        return law.draw(draw_words(keys, start, purpose))

    age_gender = draw(tables.age_gender_distribution, Purpose.AGE_GENDER)
    place = draw(tables.place_distribution, Purpose.PLACE)
    births = scale_to(high_half(draw_words(keys, start, Purpose.BIRTH)), tables.birth_days.take(age_gender))
    numbers = ids.astype(np.uint64)
    card, card_length = _draw_cards(tables.cards, seed, numbers)
    return Customers(
        ids.astype(np.int64),
        age_gender,
        place,
        _find_profiles(tables, age_gender, place),
        _draw_first_names(tables, draw_words(keys, start, Purpose.FIRST), age_gender),
        draw(tables.last_distribution, Purpose.LAST),
        draw(tables.building_distribution, Purpose.BUILDING),
        draw(tables.street_name_distribution, Purpose.STREET_NAME),
        draw(tables.street_suffix_distribution, Purpose.STREET_SUFFIX),
        draw(tables.secondary_distribution, Purpose.SECONDARY),
        draw(tables.job_distribution, Purpose.JOB),
        tables.birth_first.take(age_gender) + births.astype(np.int32),
        tables.ssns.spell(_permute(seed, Permutation.SSN, tables.ssns.size, numbers)),
        _permute(seed, Permutation.ACCOUNT, ACCOUNT_SPACE, numbers).astype(np.int64),
        card,
        card_length,
    )


def _find_profiles(tables: CustomerTables, age_gender: I64, place: I64) -> I16:
    classes = tables.profile_of.shape[1]
    profiles: I16 = tables.profile_of.ravel().take(age_gender * classes + tables.place_class.take(place))
    return profiles


def _draw_first_names(tables: CustomerTables, words: U64, age_gender: I64) -> I64:
    female, male = (law.draw(words) for law in tables.first_distributions)
    male += len(tables.words.first_female.texts)
    return np.where(tables.is_female.take(age_gender), female, male)


def _permute(seed: int, permutation: Permutation, size: int, ids: U64) -> U64:
    return permute_ids(ids, size, int(derive_permutation_keys(seed, np.array([permutation]))[0]))


def _draw_cards(cards: CardTables, seed: int, ids: U64) -> tuple[U64, U8]:
    """Return card numbers and their lengths: the position gives type, then prefix, then the digits behind it."""
    position = _permute(seed, Permutation.CARD, cards.capacity, ids)
    rest, slot = np.divmod(position, np.uint64(len(cards.lanes)))
    rest, prefix = np.divmod(rest, cards.prefixes.take(slot.view(np.int64)))
    ranges = (cards.first_range.take(slot.view(np.int64)) + prefix).view(np.int64)
    rest *= cards.lanes.take(slot.view(np.int64))
    rest += cards.lane.take(slot.view(np.int64))
    body_keys = derive_permutation_keys(seed, Permutation.CARD_BODY + np.arange(len(cards.low)))
    body = permute(rest, cards.space.take(ranges), body_keys.take(ranges))
    return append_check_digits(cards.low.take(ranges) + body), cards.length.take(ranges)


def append_check_digits(numbers: U64) -> U64:
    """Return numbers (below 10**18) with their Luhn check digit appended (ISO/IEC 7812-1, annex B)."""
    total = np.zeros(len(numbers), dtype=np.uint8)
    rest = numbers
    while rest.any():
        rest, low = np.divmod(rest, np.uint64(len(_LUHN_SUMS)))
        total += _LUHN_SUMS.take(low.view(np.int64))
    check = (np.uint8(250) - total) % np.uint8(10)
    return numbers * np.uint64(10) + check


def _sum_luhn_digits() -> U8:
    """Return the Luhn sums (modulo 10) of all four-digit groups, the last digit being one that is doubled."""
    thousands, hundreds, tens, units = np.indices((10, 10, 10, 10), dtype=np.uint8).reshape(4, -1)
    doubled = np.array([0, 2, 4, 6, 8, 1, 3, 5, 7, 9], dtype=np.uint8)
    return (thousands + doubled[hundreds] + tens + doubled[units]) % np.uint8(10)


_LUHN_SUMS: Final = _sum_luhn_digits()
