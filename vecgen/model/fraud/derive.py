"""What a fraud type makes of a customer's profiles: one profile that its fraudulent transactions follow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from vecgen.config.profile import DEFAULT_WEIGHT, MIN_MEAN, AmountDistribution, Profile
from vecgen.errors import InputError, gather
from vecgen.model.fraud.fraud_type import FraudType

_ALL_DAY: Final = {"day_parts": ("AM",), "day_part_weights": (1.0,)}
"""One part for the whole day: hours come from the type, and say nothing of the category."""


def derive_profile(kind: FraudType, regular: Profile, twin: Profile) -> Profile:
    """Return the profile of fraudulent transactions of a type; it bears the twin's name.

    Where the type chooses the hours by itself, the profile's only day part stands for all of them.

    Args:
        regular, twin: Of the customers.

    Raises:
        InputError: The type makes amounts smaller than an amount can be.
    """
    base = replace(regular if kind.spending == "customer" else twin, name=twin.name)
    if kind.spending == "own":
        base = _take_own(kind, base)
    base = replace(base, amounts=tuple(_scale(kind, base, amount) for amount in base.amounts))
    if kind.per_day is not None:
        base = replace(base, min_per_day=kind.per_day[0], max_per_day=kind.per_day[1])
    return base if kind.hour_weights is None else replace(base, **_ALL_DAY)  # type: ignore[arg-type]


def check_amounts(kinds: Iterable[FraudType], regular: Sequence[Profile], twins: Sequence[Profile]) -> None:
    """Accept types whose amounts are large enough, whoever suffers them.

    Raises:
        InputError: The first that is not, for the first profile; `further` holds the others.
    """

    def check(kind: FraudType) -> None:
        for own, twin in zip(regular, twins, strict=True):
            derive_profile(kind, own, twin)

    gather([partial(check, kind) for kind in kinds])


def _take_own(kind: FraudType, base: Profile) -> Profile:
    return replace(
        base,
        weekday_weights=(DEFAULT_WEIGHT,) * 7,
        seasons=(),
        year_weights=(),
        categories=kind.categories,
        category_weights=kind.category_weights,
        amounts=kind.amounts,
    )


def _scale(kind: FraudType, base: Profile, amount: AmountDistribution) -> AmountDistribution:
    if kind.amount_factor == 1.0:
        return amount
    mean = amount.mean * kind.amount_factor
    if mean < MIN_MEAN:
        expected = f"at least {MIN_MEAN / amount.mean:g}: profile {base.name} has a mean amount of {amount.mean:g}"
        raise InputError(f"fraud type {kind.name}", "amount_factor", kind.amount_factor, expected)
    return AmountDistribution(mean, amount.stdev * kind.amount_factor)
