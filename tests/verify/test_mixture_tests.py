"""Fraud types that nothing tells apart: what is tested of them together, and which mistakes that finds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.equivalence.samplers import count, draw_arrays, find_broken
from tests.equivalence.typed_worlds import SHIPPED, TYPES, typed_world
from vecgen.model.fraud.fraud_type import FraudType
from vecgen.verify.fraud.mixture_tests import examine_mixture, list_untested

SEED = 20
TESTING, TAKEOVER, LOST = SHIPPED["card_testing"], SHIPPED["account_takeover"], SHIPPED["lost_or_stolen_card"]
TRUE = (TESTING, TAKEOVER, LOST)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"dependence": "v1.0", "travel": True},
        {"dependence": "independent", "fraud_stealth": 0.3, "travel": True, "fraud_days": 4},
    ],
)
def test_all_types_together_follow_their_mixture(changes: dict[str, object]) -> None:
    world = typed_world(*TYPES.values(), **changes)
    totals = count(draw_arrays(world, 400, SEED), world.model)
    assert find_broken(totals, world) == set()
    tested = {law for law, _ in examine_mixture(totals, world.model)}
    assert {"fraud rate", "fraud window", "month of fraud windows", "category and day part", "hour"} <= tested
    assert ("amount by category and day part" in tested) == (changes.get("dependence") != "v1.0")
    assert "regular rows of the defrauded" not in tested  # some types keep them


@pytest.mark.parametrize(
    ("wrong", "cases", "law"),
    [
        ((TESTING, TAKEOVER), 50, "length of fraud windows"),
        ((TESTING, replace(TAKEOVER, days=5), LOST), 20, "length of fraud windows"),
        ((TESTING, TAKEOVER, replace(LOST, per_day=(5, 5))), 50, "fraud rate"),
        ((TESTING, TAKEOVER, replace(LOST, hours=TAKEOVER.hours)), 500, "hour"),
        ((TESTING, replace(TAKEOVER, place="home", remote_degrees=0.0), LOST), 100, "latitude"),
        ((replace(TESTING, category_weights=(5.0, 30.0, 20.0)), TAKEOVER, LOST), 500, "category and day part"),
        ((TESTING, TAKEOVER, replace(LOST, amount_factor=2.5)), 500, "amount by category and day part"),
    ],
)
def test_a_wrong_mixture_is_found_out(wrong: tuple[FraudType, ...], cases: int, law: str) -> None:
    true = typed_world(*TRUE)
    totals = count(draw_arrays(typed_world(*wrong), cases // 2, SEED), true.model)
    assert f"{law} (fraud)" in find_broken(totals, true)


def test_which_own_rows_stay_is_tested_where_all_types_agree() -> None:
    keeping = replace(TAKEOVER, keeps_own_rows=True)
    true, wrong = typed_world(TESTING, keeping), typed_world(TESTING, TAKEOVER)
    for drawn, broken in ((true, False), (wrong, True)):
        found = find_broken(count(draw_arrays(drawn, 20, SEED), true.model), true)
        assert ("rate of the defrauded (fraud)" in found) is broken
    dropping = typed_world(TAKEOVER, LOST)
    assert "regular rows of the defrauded" in {
        law for law, _ in examine_mixture(count(draw_arrays(dropping, 20, SEED), dropping.model), dropping.model)
    }


def test_a_type_that_never_shows_is_no_part_of_the_mixture() -> None:
    world = typed_world(TAKEOVER, FraudType("never", per_day=(0, 0)), replace(LOST, per_day=(0, 4)))
    totals = count(draw_arrays(world, 60, SEED), world.model)
    assert find_broken(totals, world) == set()
    assert examine_mixture(totals, world.model)["fraud rate", "fraud"].number > 60


def test_types_that_numbers_tell_are_no_mixture() -> None:
    world = typed_world(*TRUE)
    assert examine_mixture(count(draw_arrays(world, 10, SEED), world.model, seed=SEED), world.model) == {}


def test_what_is_not_tested_is_named() -> None:
    assert list_untested(typed_world(LOST, replace(LOST, name="again")).model) == ["dates within windows"]
    assert list_untested(typed_world(*TRUE).model)[1:] == [
        "length of bursts",
        "how far rows of a case lie apart",
        "which own rows of the defrauded stay, and dates of regular rows",
    ]
