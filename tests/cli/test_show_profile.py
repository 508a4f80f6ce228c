"""The page of a profile: figures held against rows as they are drawn, and plain text that shows them."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from scipy import stats

from tests.support.compiled import calm_profiles, compile_one
from tests.support.fraud_types import DOCUMENT
from vecgen.cli.show_profile import (
    QUANTILES,
    amount_mean,
    amount_quantile,
    list_purchases,
    print_fraud_type,
    print_page,
)
from vecgen.config.loader import DEFAULT_PROFILES, load_profiles
from vecgen.config.profile import Profile, ProfileSet
from vecgen.errors import InputError
from vecgen.model.exact import amount_shares
from vecgen.model.fraud.fraud_type import FraudType
from vecgen.model.fraud.parse_fraud_type import parse_fraud_type
from vecgen.model.params import ModelParameters, Period
from vecgen.sampling.gamma import compile_amounts

LAW = ModelParameters(Period(date(2023, 1, 1), date(2023, 12, 31)), fraud_rate=0.0)
WORDS = (np.arange(1 << 17, dtype=np.uint64) << np.uint64(47)) + np.uint64(1 << 46)  # evenly spread


@pytest.fixture(scope="module")
def shipped() -> ProfileSet:
    return load_profiles(DEFAULT_PROFILES)


def page(profiles: ProfileSet, name: str, width: int, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    for name_ in ("FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name_, raising=False)
    file = io.StringIO()
    print_page(profiles, name, file)
    return file.getvalue()


def test_a_fraud_type_shows_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    file = io.StringIO()
    print_fraud_type(parse_fraud_type("some.json", "some", DOCUMENT), file)
    lines = [" ".join(line.split()) for line in file.getvalue().splitlines()]
    assert lines[:3] == ["some", DOCUMENT["description"], DOCUMENT["source"]]
    for line in (
        "days of a window 3",
        "transactions a day 1 to 2",
        "before noon 93.8%",
        "seconds of a burst 600",
        "place up to 4.5 degrees away",
        "card copied up to 6 weeks before, at a compromised merchant of travel or home",
        "weight from 2023-06 on 2",
        "never reported 10.0%",
        "travel 100.0% 50.00 20.00",
    ):
        assert line in lines


@settings(max_examples=30)
@given(calm_profiles)
def test_shares_and_times_are_those_of_the_draws(profile: Profile) -> None:
    tables, own = compile_one(profile, LAW)
    pairs = own.regular.choice.draw(WORDS)
    category, morning = own.regular.pairs.category.take(pairs), own.regular.pairs.second.take(pairs) == 0
    listed = {bought.category: bought for bought in list_purchases(profile)}
    for name in profile.categories:
        chosen = category == tables.categories.index(name)
        share, early = (listed[name].share, listed[name].morning) if name in listed else (0.0, 0.0)
        assert chosen.mean() == pytest.approx(share, abs=1e-4)
        assert (chosen & morning).mean() == pytest.approx(share * early, abs=1e-4)


def test_amounts_are_those_of_the_draws(shipped: ProfileSet) -> None:
    profile = shipped.regular[-1]
    tables = compile_amounts([(law.mean, law.stdev) for law in profile.amounts])
    for bought in list_purchases(profile):
        position = profile.categories.index(bought.category)
        dollars = tables.draw(np.full(len(WORDS), position), WORDS) / 100.0
        assert dollars.mean() == pytest.approx(bought.mean, rel=3e-3)  # the far tail is thinly met
        assert np.quantile(dollars, QUANTILES) == pytest.approx(bought.quantiles, rel=5e-4, abs=0.011)


def test_the_fraud_twin_stands_beside_where_there_is_room(shipped: ProfileSet, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = page(shipped, "leftovers", 200, monkeypatch).splitlines()
    assert any("Purchases, regular" in line and "Purchases, fraud" in line for line in wide)
    narrow = page(shipped, "leftovers", 80, monkeypatch).splitlines()
    assert max(map(len, narrow)) <= 80
    assert any("Purchases, regular" in line for line in narrow)
    assert not any("Purchases, regular" in line and "Purchases, fraud" in line for line in narrow)


def squeeze(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_a_page_says_it_all(shipped: ProfileSet, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = squeeze(page(shipped, "adults_2550_male_rural", 80, monkeypatch))
    assert lines[:2] == [
        "adults_2550_male_rural",
        "men, aged 25 to below 50, in cities of 0 to below 2,500 inhabitants",
    ]
    for expected in (
        "transactions a day 1 to 4 8 to 14",
        "before noon 45.0% 30.0%",
        "travel, if asked to 35%, 1,200 miles 0%, 1,200 miles",
        "monday 10.1% 10.1%",
        "holidays 11-30 to 12-31 200",
        "any other day or year 100",
        "gas_transport 4.1% morning 70.00 61.98 69.88 78.42",
        "shopping_pos 8.1% 74% morning 135.00 115.89 134.64 155.33",
        "travel 3.7% afternoon 500.00 420.70 498.33 584.99",
        "shopping_net 27.6% afternoon 1,000.00 841.39 996.67 1,169.97",
    ):
        assert any(expected in line for line in lines), expected


def test_years_that_weigh_something_else_are_listed(shipped: ProfileSet, monkeypatch: pytest.MonkeyPatch) -> None:
    grown = replace(shipped, regular=(replace(shipped.regular[0], year_weights=(100.0, 120.0)), *shipped.regular[1:]))
    lines = squeeze(page(grown, shipped.names[0], 80, monkeypatch))
    assert "year 2 of the period 120" in lines
    assert not any(line.startswith("year 1") for line in lines)


def test_leftovers_are_whom_nobody_wants(shipped: ProfileSet, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "customers that no segment matches" in page(shipped, "leftovers", 80, monkeypatch)


def test_names_are_no_markup(shipped: ProfileSet, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = replace(shipped.regular[-1], categories=("[red]a[/red]", ":smile:", *shipped.regular[-1].categories[2:]))
    shown = page(replace(shipped, regular=(*shipped.regular[:-1], odd)), "leftovers", 80, monkeypatch)
    assert "[red]a[/red]" in shown
    assert ":smile:" in shown


def test_what_is_no_terminal_gets_plain_text(shipped: ProfileSet, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in page(shipped, "leftovers", 120, monkeypatch)


def test_an_unknown_profile_is_refused(shipped: ProfileSet) -> None:
    with pytest.raises(InputError, match="got 'nobody', expected one of adults_50up_male_urban, "):
        print_page(shipped, "nobody")


def test_texts_of_a_fraud_type_control_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_fraud_type(FraudType("odd", description="two\nlines \x1b[31m", source="[bold]\u202e"))
    shown = capsys.readouterr().out
    assert "two\nlines \\x1b[31m\n[bold]\\u202e" in shown


@pytest.mark.parametrize(("mean", "stdev"), [(50.0, 5.0), (20.0, 30.0), (50.0, 600.0), (1.0, 100.0), (1.0, 1e-4)])
def test_means_and_quantiles_are_those_of_the_shares(mean: float, stdev: float) -> None:
    quantiles = [amount_quantile(mean, stdev, share) for share in (0.05, 0.5, 0.95)]
    assert [amount_shares(mean, stdev, np.array([x]))[0] for x in quantiles] == pytest.approx([0.05, 0.5, 0.95])
    gamma = stats.gamma((mean / stdev) ** 2, scale=stdev**2 / mean)
    # The mean of X where it is 1 dollar or more is 1 - F(1) plus the area above F from there on.
    ends = np.geomspace(1.0, 1e7, 200_001)
    whole = gamma.sf(1.0) + np.trapezoid(gamma.sf(ends), ends)
    assert amount_mean(mean, stdev) == pytest.approx(whole + 5.5 * gamma.cdf(1.0), rel=1e-6)
