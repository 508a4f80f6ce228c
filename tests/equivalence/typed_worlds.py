"""Worlds of calm customers who all suffer fraud of some types, and samplers that are wrong about one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pytest

from tests.equivalence.samplers import World, count, draw_arrays, find_broken, shipped, spoil_rows
from tests.support.fraud_types import shipped_types
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES, load_demographics, load_profiles
from vecgen.model.fraud.fraud_type import FraudType, WeightedType
from vecgen.model.params import ModelParameters, Period
from vecgen.model.tables import FraudTables, Tables
from vecgen.scan.counts import Totals

PROFILES: Final = load_profiles(DEFAULT_PROFILES)
MERCHANTS: Final = load_demographics(DEFAULT_DEMOGRAPHICS).merchants
NAMES: Final = ("adults_2550_female_urban", "adults_50up_male_rural")
PERIOD: Final = Period(date(2023, 1, 1), date(2023, 12, 31))
SHIPPED: Final = shipped_types()
TYPES: Final[dict[str, FraudType]] = {
    **SHIPPED,
    "every_way": FraudType(
        "every_way",
        days=4,
        per_day=(1, 3),
        amount_factor=1.5,
        hours=(4.0, *[1.0] * 21, 0.0, 6.0),
        burst_seconds=2000,
        place="remote",
        remote_degrees=2.0,
        months=((date(2023, 6, 1), 0.0), (date(2023, 8, 1), 3.0)),
    ),
    "twin_in_bursts": FraudType("twin_in_bursts", burst_seconds=7200, keeps_own_rows=True),
    "customer_for_long": FraudType("customer_for_long", days=40, spending="customer"),
}
"""The shipped ones, and some that are none of them."""


def typed_world(*kinds: FraudType, **changes: Any) -> World:
    """Return a world of two profiles whose customers buy once a day at most."""
    types = tuple(WeightedType(kind, 1.0) for kind in kinds)
    law = ModelParameters(PERIOD, fraud_types=types, **{"fraud_rate": 1.0, **changes})
    world = shipped(law, PROFILES, MERCHANTS, NAMES)
    calm = tuple(replace(profile, min_per_day=0, max_per_day=1) for profile in world.profiles.regular)
    return World(replace(world.profiles, regular=calm), world.merchants, law)


@dataclass(frozen=True)
class WrongType:
    """A mistake about fraud of one type: in the type, its tables, its fraudulent rows, or a name of the sampler.

    Attributes:
        law: What differs of the law from that of other worlds, for the true sampler, too.
    """

    true: FraudType
    kind: dict[str, Any] = field(default_factory=dict)
    tables: Callable[[FraudTables], FraudTables] = lambda fraud: fraud
    rows: Callable[[pa.Table], pa.Table] | None = None
    patch: tuple[str, object] | None = None
    law: dict[str, Any] = field(default_factory=dict)

    def find(self, cases: int, seed: int) -> set[str]:
        """Return what is found broken in a sample of so many cases."""
        true = typed_world(self.true, **self.law)
        return find_broken(self.count(true, cases, seed), true)

    def count(self, true: World, cases: int, seed: int) -> Totals:
        """Return the counts of a wrong sample, held against the true model."""
        wrong = typed_world(replace(self.true, **self.kind), **self.law)

        def change(tables: Tables) -> Tables:
            own = (replace(p, frauds=tuple(map(self.tables, p.frauds))) for p in tables.profiles)
            return replace(tables, profiles=tuple(own))

        with self._patched():
            groups = draw_arrays(wrong, cases // len(NAMES), seed, change)
            return count(groups if self.rows is None else spoil_rows(groups, self.rows), true.model, seed=seed)

    @contextmanager
    def _patched(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as monkeypatch:
            if self.patch:
                monkeypatch.setattr(f"vecgen.{self.patch[0]}", self.patch[1])
            yield


def moved_away(table: pa.Table) -> pa.Table:
    """Return frauds of which every tenth happens at a place of its own."""
    rows = np.arange(table.num_rows) % 10 == 0
    lat = table.column("merch_lat").to_numpy() + np.where(rows, 0.9, 0.0)
    place = table.schema.get_field_index("merch_lat")
    return table.set_column(place, "merch_lat", pa.array(np.round(lat, 6)))
