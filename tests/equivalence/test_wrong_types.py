"""Fraud of each type follows its law; every mistake about a type is found in so many cases, by the test it breaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.equivalence.samplers import count, draw_arrays, find, find_broken
from tests.equivalence.test_wrong_samplers import of_frauds, put
from tests.equivalence.typed_worlds import NAMES, SHIPPED, TYPES, WrongType, typed_world
from vecgen.config.profile import AmountDistribution
from vecgen.model.fraud.fraud_type import FraudType
from vecgen.model.tables import FraudTables

SEED = 20
TESTING, TAKEOVER, SCAM = SHIPPED["card_testing"], SHIPPED["account_takeover"], SHIPPED["authorised_scam"]
LOST, COUNTERFEIT, FRIENDLY = SHIPPED["lost_or_stolen_card"], SHIPPED["counterfeit"], SHIPPED["friendly_fraud"]
AUTUMN = replace(TAKEOVER, months=((date(2023, 7, 1), 3.0),))
DAY = 86_400
STEALTH = {"fraud_stealth": 0.3}


@pytest.mark.parametrize(
    ("changes", "customers"),
    [
        ({}, 300),
        ({"dependence": "v1.0", "fraud_rate": 0.5}, 300),
        ({"dependence": "independent", "fraud_stealth": 0.3, "travel": True, "fraud_days": 4}, 300),
        ({"dependence": "v1.0", "fraud_stealth": 0.5}, 300),
        pytest.param({}, 20_000, marks=pytest.mark.heavy),
        pytest.param({"dependence": "v1.0", "travel": True}, 20_000, marks=pytest.mark.heavy),
        pytest.param({"fraud_stealth": 0.4}, 20_000, marks=pytest.mark.heavy),
    ],
)
def test_all_types_follow_their_laws(changes: dict[str, Any], customers: int) -> None:
    world = typed_world(*TYPES.values(), **changes)
    totals = count(draw_arrays(world, customers, SEED), world.model, seed=SEED)
    assert find_broken(totals, world) == set()
    assert totals.untold == 0
    tested = {of for of in TYPES if any(f.of == of and f.verdict == "holds" for f in find(totals, world))}
    assert tested == {*TYPES}


def favour_first_category(kind: FraudType, factor: float) -> dict[str, Any]:
    first, *others = kind.category_weights
    return {"category_weights": (first * factor, *others)}


def scale_stdev(kind: FraudType, factor: float) -> dict[str, Any]:
    return {"amounts": tuple(AmountDistribution(own.mean, own.stdev * factor) for own in kind.amounts)}


def shift_hours(kind: FraudType, by: int) -> dict[str, Any]:
    assert kind.hours is not None
    return {"hours": (*kind.hours[-by:], *kind.hours[:-by])}


def begin_earlier(days: int) -> Callable[[FraudTables], FraudTables]:
    return lambda fraud: replace(fraud, windows=replace(fraud.windows, day=fraud.windows.day - days))


def move_every_hundredth(days: int, seconds: int) -> Callable[[pa.Table], pa.Table]:
    """Return a change of one in a hundred fraudulent rows: days and seconds later, as far as that is the same day."""

    def move(table: pa.Table) -> pa.Table:
        moment = table.column("unix_time").to_numpy().copy()
        own = moment[::100]
        moment[::100] = own - own % DAY + days * DAY + (own % DAY + seconds) % DAY
        table = put(table, "unix_time", pa.array(moment))
        table = put(table, "trans_date", pa.array((moment // DAY).astype("int32")))
        texts = [f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in (moment % DAY).tolist()]
        return put(table, "trans_time", pa.array(texts))

    return of_frauds(move)


def one_place_a_row(table: pa.Table) -> pa.Table:
    """Return frauds whose places are those of other cases."""
    for home, place in (("lat", "merch_lat"), ("long", "merch_long")):
        offset = pc.subtract(table.column(place), table.column(home)).to_numpy()
        moved = pc.round(pc.add(table.column(home), pa.array(offset[::-1])), 6)
        table = put(table, place, moved)
    return table


WRONG: dict[str, tuple[WrongType, int, str]] = {
    "burst three times as long": (WrongType(TESTING, {"burst_seconds": 2700}), 20, "length of bursts"),
    "burst a tenth shorter": (WrongType(TESTING, {"burst_seconds": 810}), 600, "length of bursts"),
    "rows out of their burst": (WrongType(TESTING, rows=move_every_hundredth(0, 3000)), 200, "length of bursts"),
    "rows out of the window": (WrongType(TESTING, rows=move_every_hundredth(9, 0)), 200, "length of fraud windows"),
    "no bursts": (WrongType(TESTING, {"burst_seconds": 43_200}), 10, "length of bursts"),
    "bursts three times as long, under stealth": (
        WrongType(TESTING, {"burst_seconds": 2700}, law=STEALTH),
        20,
        "rows outside bursts",
    ),
    "bursts half as long, under stealth": (
        WrongType(TESTING, {"burst_seconds": 450}, law=STEALTH),
        400,
        "seconds between rows",
    ),
    "no bursts, under stealth": (
        WrongType(TESTING, {"burst_seconds": 43_200}, law=STEALTH),
        10,
        "rows outside bursts",
    ),
    "no bursts, under stealth of six in ten": (
        WrongType(TESTING, {"burst_seconds": 43_200}, law={"fraud_stealth": 0.6}),
        400,
        "seconds between rows",
    ),
    "hours an hour later": (WrongType(SCAM, shift_hours(SCAM, 1)), 100, "hour"),
    "hours of day instead of night": (WrongType(LOST, {"hours": TAKEOVER.hours}), 40, "hour"),
    "even hours of bursts": (WrongType(TYPES["every_way"], {"hours": None}), 400, "hour"),
    "amounts a tenth larger": (WrongType(LOST, {"amount_factor": 1.1}), 800, "amount"),
    "amounts like the customer's": (WrongType(FRIENDLY, {"amount_factor": 1.0}), 200, "amount"),
    "deviations a fifth smaller": (WrongType(TAKEOVER, scale_stdev(TAKEOVER, 0.8)), 400, "amount"),
    "a category half as heavy again": (
        WrongType(TAKEOVER, favour_first_category(TAKEOVER, 1.5)),
        200,
        "category and day part",
    ),
    "a category of a burst half as heavy": (WrongType(TESTING, favour_first_category(TESTING, 0.5)), 100, "category"),
    "the twin's categories": (WrongType(FRIENDLY, {"spending": "twin"}), 40, "category and day part"),
    "window a day longer": (WrongType(TAKEOVER, {"days": 5}), 20, "length of fraud windows"),
    "window a day shorter": (WrongType(TAKEOVER, {"days": 3}), 40, "length of fraud windows"),
    "window of ten days, not eleven": (WrongType(SHIPPED["bust_out"], {"days": 11}), 20, "length of fraud windows"),
    "a row more a day": (WrongType(LOST, {"per_day": (3, 8)}), 100, "fraud rate"),
    "one rate for all": (WrongType(LOST, {"per_day": (5, 5)}), 20, "fraud rate"),
    "place not remote": (WrongType(TAKEOVER, {"place": "home", "remote_degrees": 0.0}), 40, "place"),
    "place twice as far": (WrongType(COUNTERFEIT, {"remote_degrees": 16.0}), 20, "place"),
    "place a fifth nearer": (WrongType(COUNTERFEIT, {"remote_degrees": 6.4}), 400, "latitude"),
    "place of a row, not of a case": (
        WrongType(COUNTERFEIT, rows=of_frauds(one_place_a_row)),
        20,
        "latitudes of a case",
    ),
    "remote instead of home": (WrongType(LOST, {"place": "remote", "remote_degrees": 4.0}), 20, "place"),
    "own rows dropped": (WrongType(SCAM, {"keeps_own_rows": False}), 20, "rate of the defrauded"),
    "own rows kept": (WrongType(LOST, {"keeps_own_rows": True}), 20, "fraud dates"),
    "drift left out": (WrongType(AUTUMN, {"months": ()}), 100, "month of fraud windows"),
    "drift where there is none": (WrongType(TAKEOVER, {"months": AUTUMN.months}), 200, "month of fraud windows"),
    "weekdays a day early": (WrongType(SHIPPED["bust_out"], tables=begin_earlier(1)), 400, "dates within windows"),
}
"""What is wrong, in how many cases it is found, and by which test of the type."""


@pytest.mark.parametrize(("wrong", "cases", "law"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_type_is_found_out(wrong: WrongType, cases: int, law: str) -> None:
    assert law in {name.removesuffix(f" ({wrong.true.name})") for name in wrong.find(cases, SEED)}


def test_regular_dates_are_exact_where_some_types_keep_their_rows() -> None:
    world = typed_world(LOST, SCAM, SHIPPED["bust_out"])
    totals = count(draw_arrays(world, 300, SEED), world.model, seed=SEED)
    assert {f.verdict for f in find(totals, world) if (f.law, f.of) == ("date", "regular")} == {"holds"}
    untold = count(draw_arrays(world, 20, SEED), world.model)
    assert untold.untold > 0
    assert "date" not in {f.law for f in find(untold, world)}
    # Rows that should be dropped and stay are seen on the dates of the types that drop them, and nowhere else.
    wrong = typed_world(replace(LOST, keeps_own_rows=True), SCAM, SHIPPED["bust_out"])
    kept = count(draw_arrays(wrong, 300 // len(NAMES), SEED), world.model, seed=SEED)
    assert kept.kept_on_fraud_dates > 0
    assert totals.kept_on_fraud_dates == 0
