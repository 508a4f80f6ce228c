"""Profiles of fraud types: what comes from the customer, from the twin, and from the type."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.fraud_types import DOCUMENT
from vecgen.config.loader import DEFAULT_PROFILES, load_profiles
from vecgen.config.profile import AmountDistribution
from vecgen.errors import InputError
from vecgen.model.fraud.derive import check_amounts, derive_profile
from vecgen.model.fraud.fraud_type import FraudType
from vecgen.model.fraud.parse_fraud_type import parse_fraud_type

PROFILES = load_profiles(DEFAULT_PROFILES)
REGULAR, TWIN = PROFILES.regular[0], PROFILES.fraud[0]


def test_without_a_word_it_is_the_twin() -> None:
    assert derive_profile(FraudType("sparkov"), REGULAR, TWIN) is not REGULAR
    assert derive_profile(FraudType("sparkov"), REGULAR, TWIN) == TWIN


def test_whom_it_spends_like_with_rate_amounts_and_hours_of_its_own() -> None:
    kind = FraudType("a", per_day=(2, 4), spending="customer", amount_factor=3.0, hours=(1.0,) * 24)
    amounts = tuple(AmountDistribution(amount.mean * 3.0, amount.stdev * 3.0) for amount in REGULAR.amounts)
    assert derive_profile(kind, REGULAR, TWIN) == replace(
        REGULAR,
        name=TWIN.name,
        min_per_day=2,
        max_per_day=4,
        amounts=amounts,
        day_parts=("AM",),
        day_part_weights=(1.0,),
    )


def test_its_own_categories_know_neither_weekdays_nor_seasons() -> None:
    own = derive_profile(parse_fraud_type("a", "a", DOCUMENT), REGULAR, TWIN)
    assert (own.categories, own.category_weights) == (("travel", "home"), (3.0, 0.0))
    assert own.amounts == (AmountDistribution(100.0, 40.0), AmountDistribution(10.0, 2.0))
    assert (set(own.weekday_weights), own.seasons, own.year_weights) == ({100.0}, (), ())
    assert (own.min_per_day, own.max_per_day, own.travel_pct) == (1, 2, TWIN.travel_pct)


def test_amounts_below_a_dollar_are_refused() -> None:
    least = min(amount.mean for amount in TWIN.amounts)
    with pytest.raises(InputError, match=f"fraud type a: amount_factor: got 0.01, expected at least .*{TWIN.name}"):
        derive_profile(FraudType("a", amount_factor=0.01), REGULAR, TWIN)
    scaled = derive_profile(FraudType("a", amount_factor=1.0 / least), REGULAR, TWIN)
    assert min(amount.mean for amount in scaled.amounts) == pytest.approx(1.0)


def test_each_type_with_small_amounts_is_named_once() -> None:
    kinds = [FraudType(name, amount_factor=factor) for name, factor in (("a", 0.01), ("b", 1.0), ("c", 0.02))]
    with pytest.raises(InputError, match=r"fraud type a: amount_factor: got 0\.01") as caught:
        check_amounts(kinds, PROFILES.regular, PROFILES.fraud)
    assert [fault.where for fault in caught.value.further] == ["fraud type c"]
    check_amounts(kinds[1:2], PROFILES.regular, PROFILES.fraud)
