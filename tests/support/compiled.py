"""Profiles compiled alone, with merchants made up for their categories, and profiles that compile fast."""

from __future__ import annotations

from dataclasses import replace

from tests.support.strategies import profiles
from vecgen.config.demographics import Merchants
from vecgen.config.profile import AmountDistribution, Profile, ProfileSet
from vecgen.model.params import ModelParameters
from vecgen.model.tables import ProfileTables, Tables, compile_tables


def compile_one(profile: Profile, law: ModelParameters, fraud: Profile | None = None) -> tuple[Tables, ProfileTables]:
    """Compile one profile, its twin (by default the same) and merchants made up for them."""
    twin = replace(profile, name=f"fraud_{profile.name}") if fraud is None else fraud
    categories = tuple(dict.fromkeys((*profile.categories, *twin.categories)))
    names = tuple(tuple(f"{c} {i}" for i in range(1 + n % 3)) for n, c in enumerate(categories))
    merchants = Merchants(("unused", *categories), (("?",), *names))
    tables = compile_tables(ProfileSet((profile.name,), (profile,), (twin,), ()), merchants, law, 42)
    return tables, tables.profiles[0]


def cheap_amounts(profile: Profile) -> Profile:
    """Return the profile with amounts that compile in little time."""
    amounts = tuple(AmountDistribution(10.0 + i % 3, 2.0) for i in range(len(profile.categories)))
    return replace(profile, amounts=amounts)


def calm(profile: Profile) -> Profile:
    """Return the profile with all dates alike."""
    return replace(profile, seasons=(), weekday_weights=(1.0,) * 7, year_weights=())


any_profiles = profiles().map(cheap_amounts)
calm_profiles = any_profiles.map(calm)
