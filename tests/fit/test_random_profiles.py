"""Random profiles: the joint law that is fitted to the rows they expect is their own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.compiled import any_profiles
from vecgen.config.profile import Profile, ProfileSet
from vecgen.fit.choices import fit_choices
from vecgen.model.date_weights import date_weights
from vecgen.model.exact import write_out
from vecgen.model.params import DEPENDENCES, Dependence, ModelParameters, Period
from vecgen.sampling.arrays import F64

LAW = ModelParameters(Period(date(2023, 12, 20), date(2024, 1, 20)), fraud_rate=0.0)
ROWS = 10**9


def expect(profile: Profile, law: Dependence) -> F64:
    """Return the share of rows by (day, day part, category), categories sorted."""
    own = write_out(ProfileSet((profile.name,), (profile,), (profile,), ()), replace(LAW, dependence=law)).rows[0][0]
    assert own.days is not None
    return own.slots if own.slots is not None else np.asarray(own.days[:, np.newaxis, np.newaxis] * own.choice)


@settings(max_examples=40)
@given(any_profiles.filter(lambda profile: date_weights(profile, LAW.period).any()), st.sampled_from(DEPENDENCES))
def test_the_joint_law_of_a_random_profile_is_found(profile: Profile, law: Dependence) -> None:
    share = expect(profile, law)
    names = tuple(sorted(profile.categories))
    usual = replace(profile, categories=names, category_weights=(1.0,) * len(names), day_parts=("PM", "AM"))
    usual = replace(usual, day_part_weights=(50.0, 50.0))
    slots = np.rint(ROWS * share).astype(np.int64)
    choices = fit_choices(slots, np.ones(len(names), dtype=np.bool_), names, usual, law, share.sum(axis=(1, 2)))
    assert np.abs(expect(choices.put_into(profile), law) - share).sum() < 1e-4
