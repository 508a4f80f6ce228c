"""Two datasets, read alike: the same tables of both, whatever their sizes, profiles and periods."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from vecgen.config.loader import DEFAULT_PROFILES
from vecgen.model.exact import ExactModel
from vecgen.model.params import ModelParameters, Period
from vecgen.process.progress import Report, ignore
from vecgen.process.workers import check_processes
from vecgen.sampling.arrays import F64, I64
from vecgen.scan.comparison.row_sample import MOST_ROWS
from vecgen.scan.comparison.statistics import Statistics
from vecgen.stores.filesystem import Place
from vecgen.verify.comparison.open_dataset import Opened, open_dataset
from vecgen.verify.comparison.read_statistics import read_statistics
from vecgen.verify.without_model.look import Look, make_open_model

CALENDAR: Final = {"weekday": 7, "month": 12}
"""Tables of the calendar, of which two periods may hold different days, and their cells."""


@dataclass(frozen=True)
class Reading:
    """How datasets are read.

    Attributes:
        report: Called with how much is read.
        profiles: As of `open_side`.
        most_rows: Of the samples from which learners learn.
    """

    processes: int = 1
    report: Report = ignore
    profiles: Path = DEFAULT_PROFILES
    most_rows: int = MOST_ROWS


PLAIN: Final = Reading()


@dataclass(frozen=True)
class Pair:
    """Two datasets that were read.

    Attributes:
        models: Allow every row; they have the profiles and categories of both, each the period of its own.
    """

    opened: tuple[Opened, Opened]
    models: tuple[ExactModel, ExactModel]
    statistics: tuple[Statistics, Statistics]

    @property
    def periods(self) -> tuple[Period, Period]:
        """First and last dates with rows."""
        return self.models[0].law.period, self.models[1].law.period


def read_pair(one: Place, other: Place, reading: Reading = PLAIN) -> Pair:
    """Read two datasets, each once; memory does not grow with them.

    Raises:
        InputError: Fewer than one process, or a dataset that cannot be read or has no rows.
        OutputError: Scratch files (48 bytes a row, below TMPDIR) cannot be written.
    """
    check_processes(reading.processes)
    opened = open_dataset(one, reading.profiles), open_dataset(other, reading.profiles)
    models = _make_model(opened[0].look, opened[1].look), _make_model(opened[1].look, opened[0].look)
    one_read, other_read = (
        read_statistics(own, model, reading.processes, reading.report, reading.most_rows)
        for own, model in zip(opened, models, strict=True)
    )
    return Pair(opened, models, (one_read, other_read))


def weigh_days(pair: Pair, name: str, side: int) -> F64:
    """Return by what the counts of a table are multiplied; those of the calendar where periods hold different days.

    Weekdays and months count per day that the period has of them; of months, those that both periods have.
    """
    days = [_count_days(period, name) for period in pair.periods]
    both = (days[0] > 0) & (days[1] > 0)
    weights = np.divide(1.0, days[side], out=np.zeros(len(both)), where=both)
    return np.asarray(weights / max(weights[both].mean(), 1e-300) if both.any() else weights)


def _make_model(look: Look, other: Look) -> ExactModel:
    profiles, categories = ({*getattr(look, name)} | {*getattr(other, name)} for name in ("profiles", "categories"))
    both = Look(tuple(sorted(profiles)), tuple(sorted(categories)), look.first, look.last)
    return make_open_model(both, ModelParameters(Period(look.first, look.last), fraud_rate=0.0))


def _count_days(period: Period, name: str) -> I64:
    days = np.arange(period.first_day, period.first_day + period.days)
    # Day 0, 1970-01-01, was a Thursday: 3 where Monday is 0.
    cell = (
        (days + 3) % 7 if name == "weekday" else days.astype("datetime64[D]").astype("datetime64[M]").astype(int) % 12
    )
    return np.bincount(cell, minlength=CALENDAR[name])
