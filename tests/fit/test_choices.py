"""Categories and day parts: their order under each law, and the law itself, from expected counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from vecgen.config.loader import DEFAULT_PROFILES, load_profiles
from vecgen.config.profile import Profile
from vecgen.fit.choices import fit_choices, recognise
from vecgen.model.exact import write_out
from vecgen.model.params import DEPENDENCES, Dependence, ModelParameters, Period
from vecgen.sampling.arrays import I64

SHIPPED = load_profiles(DEFAULT_PROFILES)
PROFILE = SHIPPED.regular[0]
LAW = ModelParameters(Period(date(2023, 1, 1), date(2023, 3, 31)))


def expect(profile: Profile, law: Dependence, rows: int = 10**8) -> tuple[I64, tuple[str, ...]]:
    """Return the rows to expect by (day, day part, category), and the names of the categories."""
    model = write_out(replace(SHIPPED, regular=(profile, *SHIPPED.regular[1:])), replace(LAW, dependence=law))
    own = model.rows[0][0]
    assert own.days is not None
    slots = own.slots if own.slots is not None else own.days[:, np.newaxis, np.newaxis] * own.choice
    return np.rint(rows * slots).astype(np.int64), model.categories


def reverse(profile: Profile) -> Profile:
    """Return a profile with categories and day parts the other way round: what was bought early is bought late."""
    return replace(
        profile,
        categories=profile.categories[::-1],
        category_weights=profile.category_weights[::-1],
        amounts=profile.amounts[::-1],
        day_parts=profile.day_parts[::-1],
        day_part_weights=profile.day_part_weights[::-1],
    )


@pytest.mark.parametrize("law", DEPENDENCES)
def test_the_law_is_recognised(law: Dependence) -> None:
    assert recognise([expect(PROFILE, law)[0]]) == law


def test_of_few_rows_no_law_is_recognised() -> None:
    assert recognise([expect(PROFILE, "v0.5", rows=100)[0]]) is None
    assert recognise([]) is None


@pytest.mark.parametrize("law", DEPENDENCES)
@pytest.mark.parametrize("usual", [PROFILE, reverse(PROFILE)])
def test_weights_and_joint_order_are_found_whatever_the_usual_order(law: Dependence, usual: Profile) -> None:
    slots, names = expect(PROFILE, law)
    choices = fit_choices(slots, np.ones(len(names), dtype=np.bool_), names, usual, law)
    weights = dict(zip(choices.categories, (w.value for w in choices.weights), strict=True))
    truth = dict(zip(PROFILE.categories, PROFILE.category_weights, strict=True))
    assert weights == pytest.approx(truth, rel=1e-4)
    again = expect(choices.put_into(usual), law)[0]
    assert np.abs(again - slots).sum() < 1e-3 * slots.sum()


def test_categories_of_few_customers_share_their_rows_as_usual() -> None:
    slots, names = expect(PROFILE, "independent")
    rare = [names.index("travel"), names.index("home")]
    slots[:, :, rare] = [1, 0]
    known = np.ones(len(names), dtype=np.bool_)
    known[rare] = False
    choices = fit_choices(slots, known, names, PROFILE, "independent")
    weight = dict(zip(choices.categories, (w.value for w in choices.weights), strict=True))
    usual = dict(zip(PROFILE.categories, PROFILE.category_weights, strict=True))
    assert weight["travel"] / weight["home"] == pytest.approx(usual["travel"] / usual["home"], rel=1e-4)
