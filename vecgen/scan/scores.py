"""Rows as the two best possible detectors score them, counted by log odds, label and block of customers.

A detector of a day needs all rows of a customer's day, which may stand anywhere in a group: rows wait, in memory or in
scratch files, until their group is complete.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final

import numpy as np

from vecgen.io.schema import PROBABILITY_COLUMNS
from vecgen.io.text import SECONDS_PER_DAY
from vecgen.model.odds.likelihood import Seen
from vecgen.model.odds.posterior import Posterior, to_probability
from vecgen.sampling.arrays import F64, I64, U64, Bools
from vecgen.scan.row_checks import Columns
from vecgen.scan.uniqueness import Spill

DETECTORS: Final = ("row", "day")
"""What a detector sees at once: a row, or all rows of a customer's day."""
BLOCKS: Final = 32
"""Random parts of the customers, of which one at a time is left out to tell how sure a figure is."""
LOG_ODDS: Final[F64] = np.linspace(-40.0, 40.0, 4001)
"""Ends of the bins of log odds; a bin without end lies on either side."""
PROBABILITIES: Final[F64] = np.array([1e-4, 1e-3, 0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.99, 0.999])
"""Ends of the bins of probability in which frauds are compared with what they should be."""

_ROUNDING: Final = 1e-9  # by which a stated probability may be off
_SCORED: Final = 200_000  # rows, give or take a customer: some 100 MB


@dataclass
class Calibration:
    """Sums over the rows in each bin of a detector's probability; over days of customers for the detector of days.

    Attributes:
        frauds: How many are fraudulent.
        expected: The sum of their probabilities.
        bound: An upper bound of the variance of `frauds` by the model, since the frauds of one customer come together.
        squares: The sum over customers of the square of what their frauds deviate by.
    """

    frauds: F64
    expected: F64
    bound: F64
    squares: F64


def _no_calibration() -> Calibration:
    return Calibration(*(np.zeros((len(DETECTORS), len(PROBABILITIES) + 1)) for _ in fields(Calibration)))


@dataclass
class Scores:
    """Rows without fault as the detectors score them.

    Attributes:
        rows: By (detector, block, label, bin of `LOG_ODDS`).
        wrong: Rows whose stated probability is not that of the model.
    """

    rows: F64 = field(default_factory=lambda: np.zeros((len(DETECTORS), BLOCKS, 2, len(LOG_ODDS) + 1)))
    calibration: Calibration = field(default_factory=_no_calibration)
    wrong: int = 0

    def add(self, other: Scores) -> None:
        """Add the scores of other rows."""
        self.rows += other.rows
        self.wrong += other.wrong
        for f in fields(Calibration):
            getattr(self.calibration, f.name).__iadd__(getattr(other.calibration, f.name))


class GroupScorer:
    """Collects the rows of one group of customers, in any order, and scores them once they are complete.

    Args:
        scratch: An existing directory for what memory should not hold; the caller removes it.
        one_in: Of so many customers one is scored, by a hash.
    """

    def __init__(self, posterior: Posterior, scratch: Path, one_in: int = 1) -> None:
        self._one_in = np.uint64(one_in)
        self._posterior, self._directory = posterior, scratch / f"rows-{os.getpid()}"
        self._directory.mkdir(exist_ok=True)
        self._stated: dict[str, None] = {}
        self._spill = Spill(self._directory, "rows")

    def add(self, rows: Columns, stated: Mapping[str, F64] | None = None) -> None:
        """Take rows without fault, always with the same columns of stated probabilities."""
        self._stated = dict.fromkeys(stated or ())
        if self._one_in > 1:
            chosen = (rows.customer >> np.uint64(16)) % self._one_in == 0
            rows, stated = rows.where(chosen), {name: values[chosen] for name, values in (stated or {}).items()}
        seen = rows.seen
        kind = 2 * (seen.profile * len(self._posterior.categories) + seen.category) + rows.is_fraud
        moment = seen.day * SECONDS_PER_DAY + seen.second
        words = (seen.customer.view(np.int64), moment, kind, seen.cents, seen.lat, seen.long)
        more = (values.view(np.int64) for values in (stated or {}).values())
        self._spill.add(np.stack([*words, *more], axis=1).view(np.uint64))

    def close(self) -> Scores:
        """Return the scores of all rows."""
        total = Scores()
        for words in self._spill.drain():
            customer, moment, kind, cents, lat, long, *more = words.view(np.int64).T
            day, second = np.divmod(moment, SECONDS_PER_DAY)
            kind, label = np.divmod(kind, 2)
            profile, category = np.divmod(kind, len(self._posterior.categories))
            seen = Seen(day, second, category, cents, lat, long, customer.view(np.uint64), profile)
            stated = {name: values.copy().view(np.float64) for name, values in zip(self._stated, more, strict=True)}
            total.add(score(self._posterior, seen, label == 1, stated))
        shutil.rmtree(self._directory, ignore_errors=True)
        return total


def score(posterior: Posterior, rows: Seen, is_fraud: Bools, stated: Mapping[str, F64] | None = None) -> Scores:
    """Return the scores of all rows of some customers.

    Args:
        stated: Probabilities by the names of `PROBABILITY_COLUMNS`, not-a-number where they are not to be compared.
    """
    total = Scores()
    order = np.lexsort((rows.day, rows.customer))
    for chosen in _cut(rows.customer[order].view(np.int64)):
        own = order[chosen]
        total.add(_score(posterior, rows.take(own), is_fraud[own], {n: v[own] for n, v in (stated or {}).items()}))
    return total


def count_log_odds(log_odds: F64, block: I64, is_fraud: Bools, weights: F64 | None = None) -> F64:
    """Return rows, or the sum of their weights, by (block, label, bin of `LOG_ODDS`)."""
    bins = len(LOG_ODDS) + 1
    cell = (2 * block + is_fraud) * bins + np.searchsorted(LOG_ODDS, log_odds, side="right")
    return np.bincount(cell, weights, minlength=BLOCKS * 2 * bins).reshape(BLOCKS, 2, bins).astype(np.float64)


def _cut(customers: I64) -> Iterator[slice]:
    """Yield slices of sorted rows with whole customers in each."""
    ends = np.append(np.flatnonzero(customers[1:] != customers[:-1]) + 1, len(customers))
    start = 0
    while start < len(customers):
        stop = int(ends[min(int(np.searchsorted(ends, start + _SCORED)), len(ends) - 1)])
        yield slice(start, stop)
        start = stop


def _score(posterior: Posterior, rows: Seen, is_fraud: Bools, stated: Mapping[str, F64]) -> Scores:
    """Return the scores of rows in the order (customer, day)."""
    odds = posterior.log_odds(rows)
    # The low bits of the hash choose scratch files.
    block = (rows.customer >> np.uint64(32)).astype(np.int64) % BLOCKS
    starts = np.append(True, (rows.customer[1:] != rows.customer[:-1]) | (rows.day[1:] != rows.day[:-1]))
    calibration = _no_calibration()
    # A fraudulent row comes with others of its customer; a day, with no more than the window has.
    frauds, every = posterior.frauds_of_defrauded[rows.profile], np.ones(len(rows), dtype=np.bool_)
    together, chosen = (frauds, np.full(len(rows), float(posterior.window_days))), (every, starts)
    if posterior.mixes_days:  # rows of a day need not have one label
        together, chosen = (frauds, frauds), (every, every)
    for detector, own in enumerate(chosen):
        _calibrate(
            calibration,
            detector,
            rows.customer[own],
            log_odds=odds[detector][own],
            is_fraud=is_fraud[own],
            together=together[detector][own],
        )
    right = np.ones(len(rows), dtype=np.bool_)
    for column, by in zip(PROBABILITY_COLUMNS, odds, strict=True):
        if column.name in stated:
            right &= ~(np.abs(stated[column.name] - to_probability(by)) > _ROUNDING)
    rows_by_odds = np.stack([count_log_odds(by, block, is_fraud) for by in odds])
    return Scores(rows_by_odds, calibration, int(np.count_nonzero(~right)))


def _calibrate(total: Calibration, detector: int, customer: U64, log_odds: F64, is_fraud: Bools, together: F64) -> None:
    """Add what rows, or days, of whole customers say.

    Args:
        together: How many frauds of its customer each fraud comes with, in expectation, itself included.
    """
    probability = to_probability(log_odds)
    cell = np.searchsorted(PROBABILITIES, probability, side="right")
    size = len(PROBABILITIES) + 1
    position = np.cumsum(np.append(0, customer[1:] != customer[:-1]))
    deviations = np.bincount(position * size + cell, is_fraud - probability, (position[-1] + 1) * size)
    total.frauds[detector] += np.bincount(cell, is_fraud, size)
    total.expected[detector] += np.bincount(cell, probability, size)
    total.bound[detector] += np.bincount(cell, probability * (1.0 - probability) * together, size)
    total.squares[detector] += (deviations.reshape(-1, size) ** 2).sum(axis=0)
