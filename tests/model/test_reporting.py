"""How fraud becomes known: report dates of the distribution asked for, and of the transaction's number alone."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import numpy as np
import pytest
from scipy import stats

from vecgen.errors import InputError
from vecgen.model.fraud.fraud_type import ReportDelay
from vecgen.model.fraud.reporting import (
    LONGEST,
    NEVER,
    DelayTable,
    Reporting,
    compile_reports,
    describe_reporting,
    read_reporting,
)
from vecgen.sampling.arrays import U64
from vecgen.sampling.rng import mix

ROWS = 200_000
MASK = (1 << 64) - 1


def numbers(rows: int = ROWS) -> tuple[U64, U64]:
    return mix(np.arange(rows, dtype=np.uint64)), mix(np.arange(rows, dtype=np.uint64) + np.uint64(ROWS))


def test_delays_follow_a_gamma_distribution_rounded_up() -> None:
    tables = compile_reports(Reporting((12.0, 8.0), never_reported=0.1))
    days = tables.draw(numbers(), np.ones(ROWS, dtype=np.int8))
    assert (days == NEVER).mean() == pytest.approx(0.1, abs=4 * math.sqrt(0.09 / ROWS))
    known = days[days != NEVER]
    expected = stats.gamma((12 / 8) ** 2, scale=64 / 12)
    ends = np.arange(1, 60)
    counts = np.bincount(np.minimum(known, 60), minlength=61)[1:]
    shares = np.diff(expected.cdf(ends), prepend=0.0, append=1.0)
    assert stats.chisquare(counts, shares * len(known)).pvalue > 1e-3
    a_day_late = np.append(0.0, shares[:-1])
    a_day_late[-1] += shares[-1]
    assert stats.chisquare(counts[1:], a_day_late[1:] / a_day_late[1:].sum() * counts[1:].sum()).pvalue < 1e-12
    assert known.min() == 1
    probabilities = tables.fraud[0].probabilities()
    assert probabilities[:60] == pytest.approx(np.append(0.0, shares[:59]), abs=1e-14)
    assert probabilities.sum() == pytest.approx(1.0)


def test_whether_and_when_are_independent_and_honest_rows_are_reported_at_their_rate() -> None:
    tables = compile_reports(Reporting((5.0, 5.0), never_reported=0.5, false_reports=0.25))
    for label, share in ((1, 0.5), (0, 0.25)):
        days = tables.draw(numbers(), np.full(ROWS, label, dtype=np.int8))
        known = days[days != NEVER]
        assert len(known) / ROWS == pytest.approx(share, abs=0.005)
        assert known.mean() == pytest.approx(
            (tables.honest.probabilities() * np.arange(len(tables.honest.ends) + 1)).sum(), rel=0.02
        )
    rows = compile_reports(Reporting()).draw(numbers(10), np.array([0, 1] * 5, dtype=np.int8))
    assert rows.tolist() == [NEVER, 0] * 5  # as the truth, on the day itself


def test_a_row_is_reported_as_the_formula_says() -> None:
    """The same by whole numbers of Python, a row at a time."""

    def scramble(x: int) -> int:
        x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & MASK
        x = (x ^ x >> 27) * 0x94D049BB133111EB & MASK
        return x ^ x >> 31

    tables = compile_reports(Reporting((3.0, 2.0), never_reported=0.3))
    left, right = numbers(500)
    days = tables.draw((left, right), np.ones(500, dtype=np.int8))
    kept = left.copy(), right.copy()
    for a, b, day in zip(left.tolist(), right.tolist(), days.tolist(), strict=True):
        word = scramble(scramble(a ^ 0xC2B2AE3D27D4EB4F) + b & MASK)
        chance, delay = (((w >> 12) + 0.5) * 2.0**-52 for w in (word, scramble(word + 0x9E3779B97F4A7C15 & MASK)))
        first = next(n for n, end in enumerate(tables.fraud[0].ends, 1) if end >= delay)
        assert day == (first if chance < 0.7 else NEVER)
    assert all((half == own).all() for half, own in zip((left, right), kept, strict=True))
    alone = [tables.draw((left[n : n + 1], right[n : n + 1]), np.ones(1, dtype=np.int8))[0] for n in range(50)]
    assert alone == days[:50].tolist()


def test_a_type_of_its_own_comes_before_what_is_said_of_all() -> None:
    tables = compile_reports(Reporting((5.0, 5.0)), [None, ReportDelay(1.0, 1.0, 1.0), ReportDelay(0.0, 100.0, 1.0)])
    kind = np.arange(ROWS) % 3
    days = tables.draw(numbers(), np.ones(ROWS, dtype=np.int8), kind)
    assert days[kind == 0].mean() == pytest.approx(5.5, rel=0.05)
    assert set(days[kind == 1]) == {NEVER}
    assert days[kind == 2].mean() == pytest.approx(100.5, rel=0.01)


@pytest.mark.parametrize("delay", [(0.01, 0.01), (0.01, 3650.0), (3650.0, 0.01), (3650.0, 3650.0)])
def test_delays_of_any_figures_are_days(delay: tuple[float, float]) -> None:
    table = compile_reports(Reporting(delay)).fraud[0]
    assert table.ends[-1] == 1.0
    assert (np.diff(table.ends) >= 0).all()
    uniforms = np.array([2.0**-53, 0.5, 1 - 2.0**-53])
    days = table.draw(np.zeros(3), uniforms)
    assert 1 <= days[0] <= days[1] <= days[2] <= LONGEST


def test_what_is_described_is_read_as_it_was() -> None:
    assert describe_reporting(Reporting()) == {}
    assert DelayTable(1.0).probabilities().tolist() == [1.0]
    for reporting in (
        Reporting((0.1, 1 / 3)),
        Reporting(never_reported=0.25, labels_as_of=date(2023, 5, 1)),
        Reporting((7.0, 7.0), 0.1, 0.001, date(2024, 2, 29)),
    ):
        assert read_reporting(describe_reporting(reporting)) == reporting
        assert reporting.is_stated
    assert not Reporting(labels_as_of=date(2023, 5, 1)).is_stated
    with pytest.raises(ValueError, match="delay"):
        read_reporting({"delay": 1})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"report_delay": (0.0, 1.0)},
            "report_delay: got 0.0, expected mean and standard deviation from 0.01 to 3,650",
        ),
        ({"report_delay": (1.0, math.nan)}, "report_delay: got nan"),
        ({"never_reported": 1.5}, "never_reported: got 1.5, expected a share from 0 to 1"),
        ({"false_reports": -0.1}, "false_reports: got -0.1"),
    ],
)
def test_values_out_of_range_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Reporting(**values)


def test_labels_of_a_day_before_the_start_are_refused() -> None:
    Reporting(labels_as_of=date(2023, 1, 1)).check_start(date(2023, 1, 1))
    with pytest.raises(InputError, match=r"labels_as_of: got '2022-12-31', expected a date on or after start"):
        Reporting(labels_as_of=date(2022, 12, 31)).check_start(date(2023, 1, 1))
