"""How fraud becomes known: when a transaction is reported as fraud, if it ever is, and what is known on a day.

Each transaction is reported, or not, by itself, as chargebacks are filed. Whether and when is a function of its number,
which is a function of its position: so anybody can tell, and no other draw changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vecgen.errors import InputError, setting
from vecgen.model.fraud.fraud_type import MAX_DELAY, ReportDelay
from vecgen.sampling.arrays import F64, I64, U64
from vecgen.sampling.rng import GOLDEN, mix, unit_interval

NEVER: Final = -1
"""In place of a day."""
MIN_DELAY: Final = 0.01
"""Days, of mean and standard deviation."""
LONGEST: Final = 36_500
"""Days; what the distribution gives beyond is reported then."""
_CHANCE: Final = np.uint64(0xC2B2AE3D27D4EB4F)
_SURE: Final = 1.0 - 2.0**-53


@dataclass(frozen=True)
class Reporting:
    """How fraud becomes known.

    Attributes:
        report_delay: Mean and standard deviation of the days from a fraudulent transaction to its report, a gamma
            distribution rounded up; None where all is reported on the day itself.
        never_reported: Share of fraudulent transactions that nobody reports.
        false_reports: Share of honest transactions that are reported as fraud, after the same delay.
        labels_as_of: The day whose knowledge the labels are; None for the truth.

    Raises:
        InputError: A value outside its range.
    """

    report_delay: tuple[float, float] | None = None
    never_reported: float = 0.0
    false_reports: float = 0.0
    labels_as_of: date | None = None

    def __post_init__(self) -> None:
        for days in self.report_delay or ():
            if not MIN_DELAY <= days <= MAX_DELAY:
                expected = f"mean and standard deviation from {MIN_DELAY:g} to {MAX_DELAY:,.0f} days"
                raise InputError(setting("report_delay"), "", days, expected)
        for name in ("never_reported", "false_reports"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise InputError(setting(name), "", getattr(self, name), "a share from 0 to 1")

    @property
    def is_stated(self) -> bool:
        """Whether anything is said of reports."""
        return replace(self, labels_as_of=None) != Reporting()

    def check_start(self, start: date) -> None:
        """Refuse labels of a day before the first of the period.

        Raises:
            InputError: See above.
        """
        if self.labels_as_of is not None and self.labels_as_of < start:
            expected = f"a date on or after {setting('start')} ({start})"
            raise InputError(setting("labels_as_of"), "", self.labels_as_of.isoformat(), expected)


def describe_reporting(reporting: Reporting) -> dict[str, Any]:
    """Return what differs from the usual as plain JSON values, by the names of options and as these are spelled."""
    usual, spelled = Reporting(), {**vars(reporting)}
    if reporting.report_delay is not None:
        spelled["report_delay"] = ",".join(f"{days!r}" for days in reporting.report_delay)
    if reporting.labels_as_of is not None:
        spelled["labels_as_of"] = reporting.labels_as_of.isoformat()
    return {name: value for name, value in spelled.items() if getattr(reporting, name) != getattr(usual, name)}


def read_reporting(described: Mapping[str, Any]) -> Reporting:
    """Return what `describe_reporting` described.

    Raises:
        InputError, TypeError, ValueError: It is nothing of the kind.
    """
    values = dict(described)
    if unknown := set(values) - {f.name for f in fields(Reporting)}:
        raise ValueError(min(unknown))
    if "report_delay" in values:
        mean, stdev = values["report_delay"].split(",")
        values["report_delay"] = float(mean), float(stdev)
    if "labels_as_of" in values:
        values["labels_as_of"] = date.fromisoformat(values["labels_as_of"])
    return Reporting(**values)


@dataclass(frozen=True)
class DelayTable:
    """The distribution of the days from a transaction to its report.

    Attributes:
        share: Probability that it is reported at all.
        ends: Of what is reported, share that is known after 1, 2, ... days; empty where all is on the day itself.
    """

    share: float
    ends: F64 = field(default_factory=lambda: np.empty(0))

    def draw(self, chance: F64, delay: F64) -> I64:
        """Return the days to each report, given two uniforms for each, or NEVER."""
        days = np.searchsorted(self.ends, delay).astype(np.int64) + min(1, len(self.ends))
        return np.where(chance < self.share, days, NEVER)

    def probabilities(self) -> F64:
        """Return the probability of 0, 1, 2, ... days of what is reported."""
        if len(self.ends) == 0:
            return np.ones(1)
        return np.diff(self.ends, prepend=[0.0, 0.0])


@dataclass(frozen=True)
class ReportTables:
    """When transactions are reported: fraudulent ones by the position of their type, and honest ones."""

    fraud: tuple[DelayTable, ...]
    honest: DelayTable

    def draw(self, number: tuple[U64, U64], is_fraud: npt.NDArray[np.integer], kind: I64 | None = None) -> I64:
        """Return the days from each transaction to its report, or NEVER.

        Args:
            number: The halves of the transaction numbers.
            kind: Positions of the types of the fraudulent ones; None for the first.
        """
        days = np.full(len(is_fraud), NEVER, dtype=np.int64)
        for position, table in enumerate(self.fraud):
            own = (is_fraud == 1) if kind is None else (is_fraud == 1) & (kind == position)
            _draw_into(days, np.flatnonzero(own), table, number)
        _draw_into(days, np.flatnonzero(is_fraud == 0), self.honest, number)
        return days

    def find_days(
        self, number: tuple[U64, U64], day: I64, is_fraud: npt.NDArray[np.integer], kind: I64 | None = None
    ) -> I64:
        """Return the day of each report, given that of the transaction, or NEVER; arguments as of `draw`."""
        delay = self.draw(number, is_fraud, kind)
        return np.where(delay == NEVER, NEVER, day + delay)


def _draw_into(days: I64, places: I64, table: DelayTable, number: tuple[U64, U64]) -> None:
    if table.share > 0 and len(places):
        left, right = (half.take(places) for half in number)
        words = mix(mix(left ^ _CHANCE) + right)
        days[places] = table.draw(unit_interval(words), unit_interval(mix(words + np.uint64(GOLDEN))))


def compile_reports(reporting: Reporting, own: Sequence[ReportDelay | None] = (None,)) -> ReportTables:
    """Compile when fraud of each type is reported.

    Args:
        own: What each type says of itself, which comes before what the request says of all.
    """
    delay, reported = reporting.report_delay, 1.0 - reporting.never_reported
    usual = _compile_delay(reported, delay)
    types = (_compile_delay(1.0 - kind.never, (kind.mean_days, kind.stdev_days)) if kind else usual for kind in own)
    return ReportTables(tuple(types), _compile_delay(reporting.false_reports, delay))


def _compile_delay(share: float, delay: tuple[float, float] | None) -> DelayTable:
    if delay is None:
        return DelayTable(share)
    from scipy import special  # only the driver compiles

    mean, stdev = delay
    ends = special.gammainc((mean / stdev) ** 2, np.arange(1.0, LONGEST) * mean / stdev**2)
    ends = np.maximum.accumulate(ends)  # rounding could let it fall
    last = int(np.searchsorted(ends, _SURE)) + 1
    return DelayTable(share, np.append(ends[: last - 1], 1.0))
