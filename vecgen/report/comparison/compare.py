"""Compares two datasets: both are read once, counted alike, and their shares tested."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from vecgen.errors import InputError, setting
from vecgen.model.exact import ExactModel
from vecgen.model.params import ModelParameters, Period
from vecgen.process.progress import Report, ignore
from vecgen.process.workers import check_processes
from vecgen.report.comparison.classifier import (
    Parting,
    Transfer,
    has_learner,
    limit_threads,
    part_samples,
    transfer_fraud,
)
from vecgen.report.comparison.findings import Comparison, Finding, Summary, Verdict
from vecgen.report.comparison.two_samples import LEAST_CUSTOMERS, Difference, compare_blocks
from vecgen.sampling.arrays import F64, I64
from vecgen.scan.sides.marginals import TABLES, Table
from vecgen.scan.sides.side import Side
from vecgen.stores.filesystem import Place
from vecgen.verify.certify import FAMILY_ERROR
from vecgen.verify.chi_square import reject
from vecgen.verify.sides.open_side import Opened, open_side
from vecgen.verify.sides.read_side import read_side
from vecgen.verify.unknown.look import Look, make_open_model

_CALENDAR: Final = {"weekday": 7, "month": 12}
"""Tables of the calendar, of which two periods may hold different days, and their cells."""
_NO_LEARNER: Final = "no classifier has tried to part them: that needs scikit-learn (pip install scikit-learn)"


@dataclass(frozen=True)
class Pair:
    """Two datasets that were read.

    Attributes:
        models: Allow every row; they have the profiles and categories of both, each the period of its own.
    """

    opened: tuple[Opened, Opened]
    models: tuple[ExactModel, ExactModel]
    sides: tuple[Side, Side]

    @property
    def periods(self) -> tuple[Period, Period]:
        """First and last dates with rows."""
        return self.models[0].law.period, self.models[1].law.period


def compare_datasets(
    one: Place,
    other: Place,
    tolerance: float = 0.0,
    processes: int = 1,
    report: Report = ignore,
    *,
    learn: bool = True,
) -> Comparison:
    """Read two datasets and return what differs between them.

    Args:
        learn: Let learners try to part the datasets, where scikit-learn is installed.

    Raises:
        InputError: A dataset or value that cannot be used.
        OutputError: Scratch files cannot be written.
    """
    if not 0.0 <= tolerance <= 1.0:
        raise InputError(setting("tolerance"), "", tolerance, "a difference of shares, from 0 to 1")
    return compare_pair(read_pair(one, other, processes, report), tolerance=tolerance, processes=processes, learn=learn)


def read_pair(one: Place, other: Place, processes: int = 1, report: Report = ignore) -> Pair:
    """Read two datasets, each once; memory does not grow with them.

    Raises:
        InputError: Fewer than one process, or a dataset that cannot be read or has no rows.
        OutputError: Scratch files (48 bytes a row, below TMPDIR) cannot be written.
    """
    check_processes(processes)
    opened = open_side(one), open_side(other)
    models = _make_model(opened[0].look, opened[1].look), _make_model(opened[1].look, opened[0].look)
    sides = [read_side(*pair, processes, report) for pair in zip(opened, models, strict=True)]
    return Pair(opened, models, (sides[0], sides[1]))


def compare_pair(
    pair: Pair, error: float = FAMILY_ERROR, tolerance: float = 0.0, processes: int = 1, *, learn: bool = True
) -> Comparison:
    """Return what differs between two datasets; two samples of one population are found different with this error."""
    tables = [table for table in TABLES if _is_known(table, pair)]
    differences = [_compare(table, pair) for table in tables]
    parting, transfer = _learn(pair, processes) if learn and has_learner() else (None, None)
    tests = [*(difference.p for difference in differences), *([parting.p] if parting else [])]
    falls = reject(tests, error)
    enough = min(int(side.marginals.customers.sum()) for side in pair.sides) >= LEAST_CUSTOMERS
    findings = tuple(
        _conclude(table, difference, fallen, enough, tolerance, pair)
        for table, difference, fallen in zip(tables, differences, falls, strict=False)
    )
    if parting:
        parting = replace(parting, different=falls[-1] and parting.auc - 0.5 > tolerance)
    one, other = map(_summarise, pair.opened, pair.sides)
    notes = [*_list_notes(pair, tables), *([] if has_learner() or not learn else [_NO_LEARNER])]
    return Comparison(
        one=one,
        other=other,
        findings=findings,
        parting=parting,
        transfer=transfer,
        notes=tuple(notes),
        error=error,
        tolerance=tolerance,
    )


def _learn(pair: Pair, processes: int) -> tuple[Parting | None, Transfer | None]:
    known = pair.opened[0].scope.known & pair.opened[1].scope.known
    samples = pair.sides[0].sample, pair.sides[1].sample
    same = pair.periods[0] == pair.periods[1]
    with limit_threads(processes):
        return part_samples(*samples, known, same_period=same), transfer_fraud(*samples, known, same_period=same)


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


def _is_known(table: Table, pair: Pair) -> bool:
    return all(table.needs <= opened.scope.known for opened in pair.opened)


def _compare(table: Table, pair: Pair) -> Difference:
    one, other = (side.marginals.tables[table.name].astype(np.float64) for side in pair.sides)
    if table.name in _CALENDAR:
        one, other = one * weigh_days(pair, table.name, 0), other * weigh_days(pair, table.name, 1)
    return compare_blocks(one, other, ordered=table.ordered)


def _count_days(period: Period, name: str) -> I64:
    days = np.arange(period.first_day, period.first_day + period.days)
    # Day 0, 1970-01-01, was a Thursday: 3 where Monday is 0.
    cell = (
        (days + 3) % 7 if name == "weekday" else days.astype("datetime64[D]").astype("datetime64[M]").astype(int) % 12
    )
    return np.bincount(cell, minlength=_CALENDAR[name])


def _conclude(
    table: Table, difference: Difference, fallen: bool, enough: bool, tolerance: float, pair: Pair
) -> Finding:
    numbers = [int(side.marginals.tables[table.name].sum()) for side in pair.sides]
    return Finding(
        name=table.name,
        of=table.of,
        numbers=(numbers[0], numbers[1]),
        statistic=difference.statistic,
        freedom=difference.freedom,
        p=difference.p,
        effect=difference.effect,
        by_chance=difference.chance,
        measure="largest difference of sums" if table.ordered else "total variation",
        verdict=_decide(difference, fallen, enough, tolerance),
    )


def _decide(difference: Difference, fallen: bool, enough: bool, tolerance: float) -> Verdict:
    if not enough or difference.freedom == 0:
        return "not testable"
    if not fallen:
        return "alike"
    return "different" if difference.effect - difference.chance > tolerance else "tolerated"


def _summarise(opened: Opened, side: Side) -> Summary:
    frauds = int(side.marginals.total("fraud")[1])
    return Summary(
        directory=str(opened.directory),
        rows=side.marginals.rows,
        left_out=side.marginals.rows - int(side.marginals.total("fraud").sum()),
        customers=int(side.marginals.customers.sum()),
        frauds=frauds,
        first=opened.look.first,
        last=opened.look.last,
    )


def _list_notes(pair: Pair, tables: list[Table]) -> Iterator[str]:
    if pair.periods[0] != pair.periods[1]:
        yield "the periods differ: weekdays and months are compared per day, months that both have"
    for letter, side in zip("AB", pair.sides, strict=True):
        if side.faults:
            counts = ", ".join(f"{name} {number:,}" for name, number in side.faults.items())
            yield f"rows of {letter} with a fault are left out: {counts}"
    if left_out := [table.name for table in TABLES if table not in tables]:
        yield f"not compared, since a column is not there: {', '.join(left_out)}"
