"""Parameters of the model of transactions, and the period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, Literal, get_args

from vecgen.errors import InputError, setting
from vecgen.fraud.reporting import Reporting, read_reporting

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
        fraud_stealth: Probability (0..1) that a fraudulent row's category, amount and time are those of a regular row.
        reporting: How fraud becomes known; it changes no transaction but its label.

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

    @property
    def window_starts(self) -> int:
        """Number of days a fraud window can start on: 1..D-7 days after the start of the period."""
        return max(0, self.period.span - _LAST_WINDOW_MARGIN)

    def _first_end(self) -> str:
        try:
            return (self.period.start + timedelta(days=_LAST_WINDOW_MARGIN + 1)).isoformat()
        except OverflowError:  # the last week of the year 9999
            return "a date past all dates"


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
        reporting = read_reporting(fields.get("reporting", {}))
        return ModelParameters(**{**fields, "period": Period(start, end), "reporting": reporting})
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(where, "request.law", str(error), "period and law of a dataset") from error
