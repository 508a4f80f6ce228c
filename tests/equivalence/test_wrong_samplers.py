"""A suite that can fail: every wrong sampler is found out, by the law it breaks, and the true one passes.

Two profiles of the shipped, 300 customers each. Seeds are fixed; at a family-wise error of 1e-3 a true sampler would be
rejected once in a thousand seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.equivalence.samplers import Batches, World, count, draw_arrays, find_broken, shipped, spoil_rows
from tests.support.fraud_types import shipped_types
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES, load_demographics, load_profiles
from vecgen.config.profile import AmountDistribution, Profile
from vecgen.model.date_weights import date_weights
from vecgen.model.fraud.fraud_type import FraudType, WeightedType
from vecgen.model.fraud.stealth import Stealth
from vecgen.model.params import ModelParameters, Period
from vecgen.model.tables import ProfileTables, Tables
from vecgen.model.transactions import _Draft
from vecgen.sampling.arrays import I64, U64, Bools
from vecgen.sampling.categorical import compile_categorical, find_cells
from vecgen.sampling.gamma import AmountTables
from vecgen.sampling.rng import high_half, unit_interval

PROFILES = load_profiles(DEFAULT_PROFILES)
MERCHANTS = load_demographics(DEFAULT_DEMOGRAPHICS).merchants
NAMES = ("adults_2550_female_urban", "adults_50up_male_rural")
YEAR = Period(date(2023, 1, 1), date(2023, 12, 31))
LEAP_YEAR = Period(date(2024, 1, 1), date(2024, 12, 31))
CUSTOMERS = 300
SEED = 20


def world_of(**changes: object) -> World:
    law = ModelParameters(YEAR, fraud_rate=0.5)
    return shipped(replace(law, **changes), PROFILES, MERCHANTS, NAMES)  # type: ignore[arg-type]


@pytest.mark.parametrize("customers", [CUSTOMERS, pytest.param(30_000, marks=pytest.mark.heavy)])
@pytest.mark.parametrize(
    "world",
    [
        world_of(),
        world_of(dependence="v1.0"),
        world_of(dependence="independent"),
        world_of(period=LEAP_YEAR, fraud_days=4, travel=True),
        world_of(fraud_rate=1.0, fraud_days=7),
        world_of(fraud_rate=0.0),
        world_of(fraud_days=5, fraud_stealth=0.4),
        world_of(fraud_days=5, fraud_stealth=0.4, dependence="v1.0"),
        world_of(fraud_days=7, fraud_stealth=1.0, dependence="v1.0"),
        world_of(fraud_days=2, fraud_stealth=1.0, dependence="independent"),
        world_of(fraud_types=tuple(WeightedType(kind, 1.0) for kind in shipped_types().values())),
    ],
    ids=[
        "v0.5",
        "v1.0",
        "independent",
        "leap year, four days, travel",
        "everyone, seven days",
        "no fraud",
        "stealth",
        "stealth, v1.0",
        "all stealthy, v1.0",
        "all stealthy",
        "all fraud types",
    ],
)
def test_the_true_sampler_passes(world: World, customers: int) -> None:
    assert find_broken(count(draw_arrays(world, customers, SEED), world.model, world.posterior), world) == set()


@dataclass(frozen=True)
class Wrong:
    """A mistake in a sampler: in its law, profiles, tables, its rows, or a name of `calendars` or `transactions`.

    Attributes:
        customers: Of each profile; few, where what few rows show must not be lost.
        scored: Whether the probability of fraud is computed, too, which takes time.
    """

    law: dict[str, object] = field(default_factory=dict)
    profile: Callable[[Profile], Profile] = lambda profile: profile
    tables: Callable[[Tables], Tables] = lambda tables: tables
    rows: Callable[[pa.Table], pa.Table] | None = None
    patch: tuple[str, object] | None = None
    customers: int = CUSTOMERS
    scored: bool = False

    def find(self, true: World, monkeypatch: pytest.MonkeyPatch) -> set[str]:
        """Return what is found broken when the wrong sample is held against the true law."""
        groups = self.draw(true, self.customers, SEED, monkeypatch)
        return find_broken(count(groups, true.model, true.posterior if self.scored else None), true)

    def draw(self, true: World, customers: int, seed: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Batches]:
        """Yield the rows of each profile's customers, drawn wrongly."""
        profiles = replace(
            true.profiles,
            regular=tuple(map(self.profile, true.profiles.regular)),
            fraud=tuple(map(self.profile, true.profiles.fraud)),
        )
        wrong = World(profiles, true.merchants, replace(true.law, **self.law))  # type: ignore[arg-type]
        if self.patch:
            monkeypatch.setattr(f"vecgen.{self.patch[0]}", self.patch[1])
        groups = draw_arrays(wrong, customers, seed, self.tables)
        yield from groups if self.rows is None else spoil_rows(groups, self.rows)


def favour_fridays(profile: Profile) -> Profile:
    monday, tuesday, wednesday, thursday, friday, saturday, sunday = profile.weekday_weights
    return replace(profile, weekday_weights=(monday, tuesday, wednesday, thursday, 1.1 * friday, saturday, sunday))


def swap_shape_and_scale(profile: Profile) -> Profile:
    # Shape a and scale b have mean ab and variance ab^2; swapped, the mean stays.
    def swap(law: AmountDistribution) -> AmountDistribution:
        shape, scale = (law.mean / law.stdev) ** 2, law.stdev**2 / law.mean
        return AmountDistribution(law.mean, float(np.sqrt(scale) * shape))

    return replace(profile, amounts=tuple(map(swap, profile.amounts)))


def permute_amounts(table: pa.Table) -> pa.Table:
    """Move amounts one row on within customer and day part."""
    hour = pc.divide(pc.remainder(table.column("unix_time"), 86_400), 43_200)
    keys = [table.column("ssn").to_numpy(), hour.to_numpy(), table.column("is_fraud").to_numpy()]
    order = np.lexsort(keys[::-1])
    amounts = table.column("amt").to_numpy().copy()
    amounts[order] = amounts[np.roll(order, 1)]
    return table.set_column(table.schema.get_field_index("amt"), "amt", pa.array(amounts))


class Floor(AmountTables):
    """Amounts with a constant instead of the uniform that replaces what is below 1 dollar."""

    cents = 100

    def draw(self, distributions: npt.NDArray[np.integer], words: U64) -> npt.NDArray[np.int64]:
        """Return cents."""
        below = unit_interval(words) < self.below.take(distributions)
        return np.where(below, self.cents, super().draw(distributions, words))


class HalfDollar(Floor):
    """Amounts below 1 dollar that are left as they are: half a dollar stands for all of them."""

    cents = 50


def redraw_by(kind: type[Floor]) -> Callable[[Tables], Tables]:
    def change(tables: Tables) -> Tables:
        return replace(tables, amounts=kind(*(getattr(tables.amounts, f.name) for f in fields(AmountTables))))

    return change


def change_profiles(change: Callable[[ProfileTables], ProfileTables]) -> Callable[[Tables], Tables]:
    return lambda tables: replace(tables, profiles=tuple(map(change, tables.profiles)))


def begin_a_day_late(profile: ProfileTables) -> ProfileTables:
    (fraud,) = profile.frauds
    late = replace(fraud, windows=replace(fraud.windows, day=fraud.windows.day + 1))
    return replace(profile, frauds=(late,))


def widen(profile: ProfileTables) -> ProfileTables:
    return replace(profile, regular=replace(profile.regular, home_radius=1_100_000))


class Longer(Period):
    """A period whose D is the number of its calendar days."""

    @property
    def span(self) -> int:
        """One more than it should be."""
        return super().span + 1

    @property
    def days(self) -> int:
        """Number of calendar days, as it is."""
        return super().span + 1


def count_both_ends(tables: Tables) -> Tables:
    return replace(tables, law=replace(tables.law, period=Longer(YEAR.start, YEAR.end)))


def forget_the_leap_day(tables: Tables) -> Tables:
    def forget(profile: ProfileTables) -> ProfileTables:
        weights = date_weights(PROFILES.regular[PROFILES.names.index(profile.name)], LEAP_YEAR)
        weights[59] = 0.0  # 29 February
        return replace(profile, schedule=replace(profile.schedule, slots=compile_categorical(weights)))

    return change_profiles(forget)(tables)


def of_frauds(change: Callable[[pa.Table], pa.Table]) -> Callable[[pa.Table], pa.Table]:
    """Return a change of the fraudulent rows alone."""

    def apply(table: pa.Table) -> pa.Table:
        fraud = pc.equal(table.column("is_fraud"), 1)
        return pa.concat_tables([table.filter(pc.invert(fraud)), change(table.filter(fraud))]).unify_dictionaries()

    return apply


def put(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    place = table.schema.get_field_index(name)
    return table.set_column(place, table.schema.field(place), values.cast(table.schema.field(place).type))


def on_the_full_minute(table: pa.Table) -> pa.Table:
    times = pc.binary_replace_slice(table.column("trans_time").cast("binary"), 6, 8, b"00").cast("string")
    unix_time = pc.multiply(pc.divide(table.column("unix_time"), 60), 60)
    return put(put(table, "trans_time", times), "unix_time", unix_time)


def at_one_merchant(table: pa.Table) -> pa.Table:
    """Let the merchant of a category be the first of its list."""
    first = dict(zip(MERCHANTS.categories, (names[0] for names in MERCHANTS.names), strict=True))
    return put(table, "merchant", pa.array([first[name] for name in table.column("category").to_pylist()]))


def due_north(table: pa.Table) -> pa.Table:
    return put(table, "merch_long", table.column("long"))


def double_amounts(table: pa.Table) -> pa.Table:
    return put(table, "amt", pc.multiply(table.column("amt"), 2.0))


def on_the_first_day(table: pa.Table) -> pa.Table:
    """Move a customer's frauds to the first date of any."""
    days = pc.divide(table.column("unix_time"), 86_400)
    firsts = (
        pa.table({"ssn": table.column("ssn").cast("string"), "day": days}).group_by("ssn").aggregate([("day", "min")])
    )
    first = dict(zip(firsts["ssn"].to_pylist(), firsts["day_min"].to_pylist(), strict=True))
    moved = pa.array([first[name] for name in table.column("ssn").to_pylist()], pa.int64())
    unix_time = pc.add(pc.multiply(moved, 86_400), pc.subtract(table.column("unix_time"), pc.multiply(days, 86_400)))
    return put(put(table, "trans_date", moved.cast(pa.int32())), "unix_time", unix_time)


def forget_labels(table: pa.Table) -> pa.Table:
    """Leave the frauds of three customers in ten without label."""
    forgotten = pc.is_in(pc.utf8_slice_codeunits(table.column("ssn").cast("string"), -1), pa.array(["0", "1", "2"]))
    return put(table, "is_fraud", pc.if_else(forgotten, 0, table.column("is_fraud")))


def shop_at_the_middle_rate(profile: Profile) -> Profile:
    middle = (profile.min_per_day + profile.max_per_day) // 2
    return replace(profile, min_per_day=middle, max_per_day=middle)


def keep_to_the_night(draft: _Draft) -> Bools | None:
    return high_half(draft._merchant_words) < np.uint64(0.8 * 2**32) if draft.part.stream.is_fraud else None


def ignore_the_date(stealth: Stealth, day: I64, words: U64) -> I64:
    return stealth.first + find_cells(stealth.pairs[(words >> np.uint64(32)).astype(np.int64) % 365], words)


def buy_as_a_twin(draft: _Draft) -> npt.NDArray[np.integer]:
    return draft._choose_pair()


def only(kind: FraudType) -> dict[str, object]:
    return {"fraud_types": (WeightedType(kind, 1.0),)}


TESTING = shipped_types()["card_testing"]
DATES = "date (regular)"
CHOICE = "category and day part (regular)"
AMOUNTS = "amount by category and day part (regular)"
FRAUD_HOURS = "hour (fraud)"

WRONG = {
    "day part independent of the category": (Wrong({"dependence": "independent"}), {}, {CHOICE}),
    "one uniform for date and category": (
        Wrong({"dependence": "v1.0"}),
        {},
        {f"{CHOICE[:21]} by month and weekday (regular)"},
    ),
    "category independent of the date": (
        Wrong({"dependence": "v0.5"}),
        {"dependence": "v1.0"},
        {"date, category and day part (regular)"},
    ),
    "amounts permuted": (Wrong(rows=permute_amounts), {}, {AMOUNTS}),
    "amounts in their own rows": (Wrong({"dependence": "v0.5"}), {"dependence": "v1.0"}, {AMOUNTS}),
    "Friday a tenth too heavy": (Wrong(profile=favour_fridays), {}, {DATES, "weekday (regular)"}),
    "shape and scale swapped": (Wrong(profile=swap_shape_and_scale), {}, {AMOUNTS}),
    "1 dollar instead of the uniform": (Wrong(tables=redraw_by(Floor)), {}, {AMOUNTS}),
    "amounts below 1 dollar left": (Wrong(tables=redraw_by(HalfDollar)), {}, {"amt"}),
    "no fraud hours": (Wrong(patch=("model.transactions._NIGHT_SHARE", 0.0)), {}, {FRAUD_HOURS}),
    "a tenth fewer fraud hours": (Wrong(patch=("model.transactions._NIGHT_SHARE", 0.72)), {}, {FRAUD_HOURS}),
    "window a day late": (Wrong(tables=change_profiles(begin_a_day_late)), {}, {"dates within windows (customers)"}),
    "window a day too long": (Wrong({"fraud_days": 2}), {}, {"fraud window (customers)", "fraud rate (customers)"}),
    "regular rows kept": (
        Wrong(patch=("model.transaction_dates._drop_fraud_dates", lambda *_: None)),
        {},
        {"fraud dates"},
    ),
    "radius 1.1": (Wrong(tables=change_profiles(widen)), {}, {"place"}),
    "travel left out": (Wrong({"travel": False}), {"travel": True}, {"travelling customers (regular)"}),
    "D counts both ends": (
        Wrong(tables=count_both_ends),
        {},
        {"rate (customers)", "regular rows of the defrauded (customers)"},
    ),
    "no leap day": (Wrong(tables=forget_the_leap_day), {"period": LEAP_YEAR}, {DATES}),
    "too few defrauded": (Wrong({"fraud_rate": 0.4}), {}, {"defrauded (customers)"}),
    "nearly all defrauded instead of few": (
        Wrong({"fraud_rate": 0.98}, customers=20),
        {"fraud_rate": 0.01},
        {"defrauded (customers)", "defrauded by profile (customers)"},
    ),
    "fraud where there must be none": (Wrong({"fraud_rate": 0.05}, customers=20), {"fraud_rate": 0.0}, {"defrauded"}),
    "some spared where nobody is": (Wrong({"fraud_rate": 0.95}, customers=40), {"fraud_rate": 1.0}, {"defrauded"}),
    "the defrauded have one rate": (
        Wrong(profile=shop_at_the_middle_rate, customers=40),
        {"fraud_rate": 1.0},
        {"rate of the defrauded (customers)"},
    ),
    "all frauds on one day": (
        Wrong(rows=of_frauds(on_the_first_day), customers=40),
        {},
        {"length of fraud windows (customers)"},
    ),
    "a tenth of the frauds stealthy": (Wrong({"fraud_stealth": 0.1}), {}, {FRAUD_HOURS}),
    "half of the frauds stealthy, not a third": (Wrong({"fraud_stealth": 0.5}), {"fraud_stealth": 0.33}, {FRAUD_HOURS}),
    "stealthy rows keep to the night": (
        Wrong(patch=("model.transactions._Draft._choose_night", keep_to_the_night)),
        {"fraud_stealth": 0.5},
        {FRAUD_HOURS},
    ),
    "stealthy rows with the amounts of frauds": (
        Wrong(patch=("model.transactions._Draft._amount_pair", buy_as_a_twin)),
        {"fraud_stealth": 0.5},
        {"amount by category and day part (fraud)"},
    ),
    "stealthy rows of any date": (
        Wrong(patch=("model.fraud.stealth.Stealth.draw_pairs", ignore_the_date), scored=True),
        {"fraud_stealth": 0.5, "dependence": "v1.0"},
        {"probability of a row (customers)"},
    ),
    "stealthy rows with amounts of their own": (
        Wrong(patch=("model.fraud.stealth.Stealth.draw_amount_pairs", lambda stealth, pair, words: pair)),
        {"fraud_stealth": 1.0, "fraud_days": 7, "dependence": "v1.0"},
        {"amount by category and day part (fraud)"},
    ),
    "bursts three times as long": (
        Wrong(only(replace(TESTING, burst_seconds=2700)), scored=True, customers=100),
        only(TESTING),
        {"probability of a day (customers)"},
    ),
    "frauds without label": (
        Wrong(rows=forget_labels, scored=True),
        {},
        {"probability of a row (customers)", "probability of a day (customers)"},
    ),
    "few frauds, on the full minute": (Wrong(rows=of_frauds(on_the_full_minute), customers=6), {}, {"second (fraud)"}),
    "few frauds, one merchant": (
        Wrong(rows=of_frauds(at_one_merchant), customers=6),
        {},
        {"merchant within category (fraud)"},
    ),
    "few frauds, one longitude": (Wrong(rows=of_frauds(due_north), customers=6), {}, {"longitude (fraud)"}),
    "few frauds, twice the amount": (Wrong(rows=of_frauds(double_amounts), customers=12), {}, {"amount (fraud)"}),
}


@pytest.mark.parametrize(("wrong", "law", "breaks"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_sampler_is_found_out(
    wrong: Wrong, law: dict[str, object], breaks: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert breaks <= wrong.find(world_of(**law), monkeypatch)
