"""Parameters of the model of transactions, and the period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, Literal, get_args

import numpy as np

from vecgen.config.profile import Profile
from vecgen.errors import InputError, setting
from vecgen.model.fraud.derive import derive_profile
from vecgen.model.fraud.drift import weigh_starts
from vecgen.model.fraud.fraud_type import SPARKOV, FraudType, WeightedType
from vecgen.model.fraud.parse_fraud_type import parse_fraud_type, spell_fraud_type
from vecgen.model.fraud.reporting import Reporting, read_reporting
from vecgen.sampling.arrays import F64

MAX_SPAN: Final = 73_050
"""Days from the start of a period to its end; every possible fraud window is a row of a table."""


@dataclass(frozen=True)
class Period:
    """Calendar days from `start` to `end`, both included.

    Raises:
        InputError: `end` lies before `start`, or more than MAX_SPAN days after it.
    """

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise InputError(
                setting("end"), "", self.end.isoformat(), f"a date on or after {setting('start')} ({self.start})"
            )
        if self.span > MAX_SPAN:
            expected = f"a date at most {MAX_SPAN:,} days (200 years) after {setting('start')} ({self.start})"
            raise InputError(setting("end"), "", self.end.isoformat(), expected)

    @property
    def days(self) -> int:
        """Number of calendar days."""
        return self.span + 1

    @property
    def span(self) -> int:
        """Days from start to end (D in the model), one less than the number of calendar days."""
        return (self.end - self.start).days

    @property
    def first_day(self) -> int:
        """Days from 1970-01-01 to `start`."""
        return (self.start - date(1970, 1, 1)).days


def make_period(start: date, end: date | None = None) -> Period:
    """Return the days from `start` to `end`; None for the last day of the year of `start`.

    Raises:
        InputError: See `Period`.
    """
    return Period(start, end or date(start.year, 12, 31))


Dependence = Literal["v0.5", "v1.0", "independent"]
DEPENDENCES: Final[tuple[Dependence, ...]] = get_args(Dependence)
MAX_FRAUD_DAYS: Final = 7
_LAST_WINDOW_MARGIN: Final = 7  # days between the last possible window start and the end of the period


@dataclass(frozen=True)
class ModelParameters:
    """Parameters of the model of transactions, beside profiles and customers.

    Attributes:
        fraud_rate: Probability (0..1) that a customer is defrauded.
        fraud_days: 1..7; a fraud window has one calendar day more.
        travel: Whether profiles' travel figures widen the radius of purchases.
        fraud_stealth: Probability (0..1) that a fraudulent row's category, amount and time are those of a regular row,
            under v1.0 of one of its date.
        reporting: How fraud becomes known; it changes no transaction but its label.
        fraud_types: Kinds of fraud with their weights; empty for Sparkov's alone.

    Raises:
        InputError: A value outside its range, or a period too short for a fraud window.
    """

    period: Period
    fraud_rate: float = 0.01
    fraud_days: int = 1
    dependence: Dependence = "v0.5"
    travel: bool = False
    fraud_stealth: float = 0.0
    reporting: Reporting = field(default_factory=Reporting)
    fraud_types: tuple[WeightedType, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 <= self.fraud_rate <= 1.0:
            raise InputError(setting("fraud_rate"), "", self.fraud_rate, "a probability from 0 to 1")
        if not 1 <= self.fraud_days <= MAX_FRAUD_DAYS:
            raise InputError(setting("fraud_days"), "", self.fraud_days, f"a whole number from 1 to {MAX_FRAUD_DAYS}")
        if not 0.0 <= self.fraud_stealth <= 1.0:
            raise InputError(setting("fraud_stealth"), "", self.fraud_stealth, "a probability from 0 to 1")
        if self.dependence not in DEPENDENCES:
            raise InputError(setting("dependence"), "", self.dependence, f"one of {', '.join(DEPENDENCES)}")
        self.reporting.check_start(self.period.start)
        if self.fraud_rate > 0 and self.window_starts < 1:
            raise InputError(
                setting("end"),
                "",
                self.period.end.isoformat(),
                f"{self._first_end()} or later, so that a fraud window fits between {setting('start')} and "
                f"{setting('end')}",
                f"lengthen the period or pass {setting('fraud_rate', 0)}",
            )
        self._check_types()

    def _check_types(self) -> None:
        names = [own.type.name for own in self.fraud_types]
        if len(set(names)) < len(names):
            raise InputError(setting("fraud_types"), "", ",".join(names), "each type once")
        if self.fraud_types and not any(own.weight > 0 for own in self.fraud_types):
            raise InputError(setting("fraud_types"), "", ",".join(names), "a type with a weight above 0")
        for own in self.fraud_types:
            if self.fraud_rate > 0 and own.weight > 0 and self.count_starts(own.type) < 1:
                raise InputError(
                    setting("fraud_types"),
                    own.type.name,
                    f"{self.window_days(own.type)} days",
                    f"at most {self.period.span:,} days, since windows start on the period's second or later",
                    "lengthen the period, or leave the type out",
                )
        if self.fraud_types and self.fraud_rate > 0 and not any(share > 0 for share in self.type_shares):
            expected = "a type with a weight above 0 in some month in which its windows can start"
            raise InputError(setting("fraud_types"), "", ",".join(names), expected, "correct months in its file")

    @property
    def window_starts(self) -> int:
        """Number of days a window of Sparkov's fraud can start on: 1..D-7 days after the start of the period."""
        return self.count_starts(FraudType(SPARKOV))

    @property
    def types(self) -> tuple[WeightedType, ...]:
        """The kinds of fraud: those asked for, or Sparkov's."""
        return self.fraud_types or (WeightedType(FraudType(SPARKOV), 1.0),)

    @property
    def copies_cards(self) -> bool:
        """Whether a kind of fraud has compromised merchants, which some honest transactions are moved to."""
        return self.fraud_rate > 0 and any(own.type.compromised for own in self.types)

    @property
    def type_shares(self) -> tuple[float, ...]:
        """Probability that a case is of each of `types`: by weight, and the mean weight of its windows' months."""
        weights = [own.weight * float(self.weigh_starts(own.type).mean()) if own.weight else 0.0 for own in self.types]
        total = sum(weights)
        return tuple(weight / total if total > 0 else 0.0 for weight in weights)

    def derive_profiles(self, regular: Profile, twin: Profile) -> list[tuple[int, Profile]]:
        """Return the profile of each type of fraud that can happen, with the type's position in `types`.

        Raises:
            InputError: See `derive_profile`.
        """
        if self.fraud_rate == 0:
            return []
        shares = enumerate(zip(self.types, self.type_shares, strict=True))
        return [(n, derive_profile(own.type, regular, twin)) for n, (own, share) in shares if share > 0]

    def window_days(self, kind: FraudType) -> int:
        """Return the calendar days of a window of fraud of a type."""
        return kind.days or self.fraud_days + 1

    def rate_days(self, kind: FraudType) -> int:
        """Return the days that a case's rate is multiplied by: of Sparkov's fraud, one less than its window has."""
        return kind.days or self.fraud_days

    def count_starts(self, kind: FraudType) -> int:
        """Return the number of days a window of a type can start on, the first of which is the period's second."""
        return max(0, self.period.span - max(_LAST_WINDOW_MARGIN, self.window_days(kind) - 1))

    def weigh_starts(self, kind: FraudType) -> F64:
        """Return the weight of each possible start of a window of a type."""
        starts = self.count_starts(kind)
        return weigh_starts(kind, self.period.start + timedelta(days=1), starts) if starts else np.zeros(1)

    def _first_end(self) -> str:
        try:
            return (self.period.start + timedelta(days=_LAST_WINDOW_MARGIN + 1)).isoformat()
        except OverflowError:  # the last week of the year 9999
            return "a date past all dates"


def describe_types(law: ModelParameters) -> dict[str, dict[str, object]]:
    """Return the types of fraud that were asked for as plain JSON values by name, with their weights."""
    return {own.type.name: _describe_type(own) for own in law.fraud_types}


def _describe_type(own: WeightedType) -> dict[str, object]:
    place = {"folder": own.folder} if own.folder else {}
    return {"weight": own.weight, **place, **spell_fraud_type(own.type)}


def recorded_parameters(request: Mapping[str, Any], where: str) -> ModelParameters:
    """Return the parameters that the recorded request of a dataset holds.

    Args:
        where: The file that records it.

    Raises:
        InputError: It holds none.
    """
    try:
        fields = dict(request["law"])
        start, end = (date.fromisoformat(fields["period"][name]) for name in ("start", "end"))
        recorded = dict(fields.pop("fraud_types", {}))
        types = tuple(_read_type(where, name, {**own}) for name, own in recorded.items())
        read = {"fraud_types": types, "reporting": read_reporting(fields.get("reporting", {}))}
        return ModelParameters(**{**fields, "period": Period(start, end), **read})
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(where, "request.law", str(error), "period and law of a dataset") from error


def _read_type(where: str, name: str, recorded: dict[str, Any]) -> WeightedType:
    weight, folder = float(recorded.pop("weight")), str(recorded.pop("folder", ""))
    return WeightedType(parse_fraud_type(where, name, recorded), weight, folder)
