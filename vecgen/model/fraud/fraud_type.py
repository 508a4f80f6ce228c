"""Fraud types as frozen values, and the bounds of their figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal, get_args

from vecgen.config.profile import AmountDistribution

Spending = Literal["twin", "customer", "own"]
Place = Literal["home", "remote"]
SPENDINGS: Final[tuple[Spending, ...]] = get_args(Spending)
PLACES: Final[tuple[Place, ...]] = get_args(Place)

SPARKOV: Final = "sparkov"
"""The fraud of datasets without fraud types: the twin's, in a window as long as the request says."""
MAX_DAYS: Final = 60
MAX_PER_DAY: Final = 1_000
MIN_FACTOR: Final = 0.01
MAX_FACTOR: Final = 100.0
MAX_BURST: Final = 43_200
"""Seconds: half a day."""
MIN_DEGREES: Final = 0.1
MAX_DEGREES: Final = 20.0
MAX_WEEKS: Final = 52
MAX_DELAY: Final = 3_650.0
"""Days, of the mean and of the standard deviation of a report delay."""
MAX_TEXT: Final = 2_000
HOURS: Final = 24


@dataclass(frozen=True)
class ReportDelay:
    """How fraud of a type becomes known.

    Attributes:
        never: Share of fraudulent transactions that nobody ever reports, 0..1.
        mean_days, stdev_days: Of the days from a transaction to its report, a gamma distribution rounded up.
    """

    never: float
    mean_days: float
    stdev_days: float


@dataclass(frozen=True)
class Compromise:
    """Where the cards of cases were copied: one earlier purchase of each was made at a compromised merchant.

    Attributes:
        weeks: Before the window, in which that purchase was made.
        categories: Of merchants that can be compromised; empty for all.
    """

    weeks: int
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class FraudType:
    """One kind of fraud; see profiles/README.md for the meaning of each field.

    Attributes:
        days: Calendar days of a case's window, 1..60; None for what the request says of `fraud_days`.
        per_day: Bounds (included) of a case's integer rate of fraudulent transactions a day; None for those of whom it
            spends like.
        spending: Whose categories, amounts, times and dates: the fraud twin's, the customer's, or its own.
        categories, category_weights, amounts: Its own, one each per category; empty unless `spending` is "own".
        amount_factor: What means and standard deviations of the amounts are multiplied by.
        hours: A weight per hour of the day; None where time follows whom it spends like.
        burst_seconds: All transactions of a case on one date lie within so many seconds; None for no bursts.
        remote_degrees: Of a remote place: it is uniform within so many degrees of the customer's home.
        compromised: Where cards were copied; None where that is not said.
        keeps_own_rows: Whether the customer's own transactions stay on the dates of fraudulent ones.
        months: From the month of each date on, weight of windows that start then; 1 before the first. Ascending.
        report: None where all is known on the day itself.
    """

    name: str
    description: str = ""
    source: str = ""
    days: int | None = None
    per_day: tuple[int, int] | None = None
    spending: Spending = "twin"
    categories: tuple[str, ...] = ()
    category_weights: tuple[float, ...] = ()
    amounts: tuple[AmountDistribution, ...] = ()
    amount_factor: float = 1.0
    hours: tuple[float, ...] | None = None
    burst_seconds: int | None = None
    place: Place = "home"
    remote_degrees: float = 0.0
    compromised: Compromise | None = None
    keeps_own_rows: bool = False
    months: tuple[tuple[date, float], ...] = ()
    report: ReportDelay | None = None

    @property
    def hour_weights(self) -> tuple[float, ...] | None:
        """Weights of the hours where time depends on nothing else, in a burst of its start; None where it does."""
        if self.hours is not None:
            return self.hours
        free = self.spending == "own" or self.burst_seconds is not None
        return (1.0,) * HOURS if free else None


@dataclass(frozen=True)
class WeightedType:
    """A fraud type, and how often it happens compared with the others of a dataset.

    Attributes:
        folder: Where its file is; empty for one that is known by its name. It decides nothing.
    """

    type: FraudType
    weight: float
    folder: str = field(default="", compare=False)
