"""Compares two datasets: both are read once, counted alike, and their shares tested."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from vecgen.errors import InputError, setting
from vecgen.report.comparison.classifier import (
    Parting,
    Transfer,
    has_learner,
    limit_threads,
    part_samples,
    transfer_fraud,
)
from vecgen.report.comparison.findings import Comparison, Finding, Summary, Verdict
from vecgen.report.comparison.overlays import draw_overlays
from vecgen.report.comparison.reading import CALENDAR, PLAIN, Pair, Reading, read_pair, weigh_days
from vecgen.report.comparison.side_by_side import check_replaceable, replace_page, write_page
from vecgen.report.comparison.two_samples import LEAST_CUSTOMERS, Difference, compare_blocks
from vecgen.report.figures import require_matplotlib
from vecgen.scan.comparison.marginals import TABLES, Table
from vecgen.scan.comparison.statistics import Statistics
from vecgen.stores.filesystem import Place
from vecgen.verify.certify import FAMILY_ERROR
from vecgen.verify.chi_square import reject
from vecgen.verify.comparison.open_dataset import Opened

_NO_LEARNER: Final = "no classifier has tried to part them: that needs scikit-learn (pip install scikit-learn)"


def compare_datasets(
    one: Place,
    other: Place,
    output: Path | None = None,
    tolerance: float = 0.0,
    reading: Reading = PLAIN,
    *,
    learn: bool = True,
) -> Comparison:
    """Read two datasets and return what differs between them; write a page about it, if that is wanted.

    Args:
        output: The page, new or an earlier one.
        learn: Let learners try to part the datasets, where scikit-learn is installed.

    Raises:
        InputError: A dataset or value that cannot be used, or Matplotlib is not installed, which draws the page.
        OutputError: Scratch files or the page cannot be written, or something else is there.
    """
    if not 0.0 <= tolerance <= 1.0:
        raise InputError(setting("tolerance"), "", tolerance, "a difference of shares, from 0 to 1")
    if output:
        require_matplotlib("vecgen compare")
        check_replaceable(output)
    pair = read_pair(one, other, reading)
    comparison = compare_pair(pair, tolerance=tolerance, learn=learn)
    if output:
        replace_page(output, write_page(comparison, draw_overlays(pair, comparison)))
    return comparison


def compare_pair(pair: Pair, error: float = FAMILY_ERROR, tolerance: float = 0.0, *, learn: bool = True) -> Comparison:
    """Return what differs between two datasets; two samples of one population are found different with this error."""
    tables = [table for table in TABLES if _is_known(table, pair)]
    differences = [_compare(table, pair) for table in tables]
    parting, transfer = _learn(pair) if learn and has_learner() else (None, None)
    tests = [*(difference.p for difference in differences), *([parting.p] if parting else [])]
    falls = reject(tests, error)
    enough = min(int(own.marginals.customers.sum()) for own in pair.statistics) >= LEAST_CUSTOMERS
    findings = tuple(
        _conclude(table, difference, fallen, enough, tolerance, pair)
        for table, difference, fallen in zip(tables, differences, falls, strict=False)
    )
    if parting:
        parting = replace(parting, different=falls[-1] and parting.auc - 0.5 > tolerance)
    one, other = map(_summarise, pair.opened, pair.statistics)
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


def _learn(pair: Pair) -> tuple[Parting | None, Transfer | None]:
    known = pair.opened[0].scope.known & pair.opened[1].scope.known
    samples = pair.statistics[0].sample, pair.statistics[1].sample
    same = pair.periods[0] == pair.periods[1]
    with limit_threads(1):  # on a busy machine, several wait for each other: 110 s of processor time in place of 13
        return part_samples(*samples, known, same_period=same), transfer_fraud(*samples, known, same_period=same)


def _is_known(table: Table, pair: Pair) -> bool:
    return all(table.needs <= opened.scope.known for opened in pair.opened)


def _compare(table: Table, pair: Pair) -> Difference:
    one, other = (own.marginals.tables[table.name].astype(np.float64) for own in pair.statistics)
    if table.name in CALENDAR:
        one, other = one * weigh_days(pair, table.name, 0), other * weigh_days(pair, table.name, 1)
    return compare_blocks(one, other, ordered=table.ordered)


def _conclude(
    table: Table, difference: Difference, fallen: bool, enough: bool, tolerance: float, pair: Pair
) -> Finding:
    numbers = [int(own.marginals.tables[table.name].sum()) for own in pair.statistics]
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


def _summarise(opened: Opened, own: Statistics) -> Summary:
    frauds = int(own.marginals.total("fraud")[1])
    return Summary(
        directory=str(opened.directory),
        rows=own.marginals.rows,
        left_out=own.marginals.rows - int(own.marginals.total("fraud").sum()),
        customers=int(own.marginals.customers.sum()),
        frauds=frauds,
        first=opened.look.first,
        last=opened.look.last,
    )


def _list_notes(pair: Pair, tables: list[Table]) -> Iterator[str]:
    if pair.periods[0] != pair.periods[1]:
        yield "the periods differ: weekdays and months are compared per day, months that both have"
    for letter, own in zip("AB", pair.statistics, strict=True):
        if own.faults:
            counts = ", ".join(f"{name} {number:,}" for name, number in own.faults.items())
            yield f"rows of {letter} with a fault are left out: {counts}"
    if left_out := [table.name for table in TABLES if table not in tables]:
        yield f"not compared, since a column is not there: {', '.join(left_out)}"
