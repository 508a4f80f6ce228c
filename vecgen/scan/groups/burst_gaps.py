"""Bursts of dates of which some rows pass for regular, and so are in none.

Nothing tells which rows these are, but their share is known. So the seconds between two rows of a date follow a mixture
of three laws. Every pair of rows counts, shared out so that a date counts as one: counts that are shared out vary no
more than whole ones, and rows may come in any order. And no more rows than these are outside the burst that holds most.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from vecgen.model.fraud.fraud_type import FraudType
from vecgen.model.fraud.moments import share_seconds
from vecgen.sampling.arrays import F64, I64
from vecgen.sampling.rng import mix

_PIECES: Final = 20  # cells of gaps that a burst can have, and as many of longer ones
GAP_CELLS: Final = 2 * _PIECES
"""Cells of gaps."""
_DAY: Final = 86_400  # seconds
_MOST: Final = 100  # rows of a date that are compared with each other


def count_gaps(date: I64, second: I64, burst: int) -> F64:
    """Return the dates by cell of the seconds between two of their rows, each shared out among its pairs of rows.

    Args:
        date: Number of each row's date, from 0 on.
        second: Of the day.
        burst: Seconds of a burst.
    """
    # Any order will do, but of many rows a part is enough, and that must not be the first of the day.
    order = np.lexsort((mix(np.arange(len(date), dtype=np.uint64)), date))
    rows = np.bincount(date)
    position = np.arange(len(date)) - np.repeat(np.cumsum(rows) - rows, rows)
    order = order[position < _MOST]
    date, second = date[order], second[order]
    rows = np.minimum(rows, _MOST)
    pairs = rows * (rows - 1) / 2.0
    cells, ends = np.zeros(GAP_CELLS), _end_cells(burst)
    for step in range(1, int(rows.max(initial=0))):
        same = date[step:] == date[:-step]
        gap = np.abs(second[step:] - second[:-step])[same]
        cells += np.bincount(np.searchsorted(ends, gap, "right"), 1.0 / pairs[date[step:][same]], GAP_CELLS)
    return cells


def count_outside(date: I64, second: I64, burst: int) -> I64:
    """Return the rows of dates with several, and how many of these are outside any `burst` seconds of their date.

    Each date has the seconds that hold most of its rows. Arguments as of `count_gaps`.
    """
    moment = np.sort(date * (2 * _DAY) + second)  # so far apart that no burst reaches the next date
    inside = np.searchsorted(moment, moment + burst, "left") - np.arange(len(moment))
    rows = np.bincount(date)
    most = np.maximum.reduceat(inside, np.cumsum(rows) - rows)
    return np.array([rows[rows > 1].sum(), (rows - most).sum()])


def share_gaps(kind: FraudType, parts: F64, stealth: float) -> F64:
    """Return the probability of each cell of a type with bursts.

    Args:
        parts: Probability of each part of the day of a row that passes for regular, by date, shape (dates, 2).
        stealth: Probability that a row does.
    """
    seconds, burst = share_seconds(kind), kind.burst_seconds
    assert seconds is not None
    assert burst is not None
    halves = np.repeat(np.eye(2), _DAY // 2, axis=1) / (_DAY // 2)
    regular = parts.mean(axis=0) @ halves
    together = (parts**2).sum(axis=1).mean()  # of two such rows of one date in one part of the day
    both = np.zeros(_DAY)
    both[:burst] = 2.0 * (burst - np.arange(burst)) / burst**2
    both[0] /= 2.0
    shares = (1.0 - stealth) ** 2 * both + 2.0 * stealth * (1.0 - stealth) * _share_distances(seconds, regular)
    shares += stealth**2 * together * _share_distances(halves[0], halves[0])
    shares += stealth**2 * (1.0 - together) * _share_distances(halves[0], halves[1])
    below = np.append(0.0, np.cumsum(shares))[np.append(0, _end_cells(burst))]
    return np.diff(below)


def _end_cells(burst: int) -> I64:
    """Return the upper ends (excluded) of the cells: those within a burst are as likely, those beyond as long."""
    within = burst * (1.0 - np.sqrt(1.0 - np.arange(1, _PIECES + 1) / _PIECES))
    beyond = np.linspace(burst, _DAY, _PIECES + 1)[1:]
    return np.concatenate([within, beyond]).round().astype(np.int64)


def _share_distances(one: F64, other: F64) -> F64:
    """Return the probability of each distance between two independent seconds of the day."""
    size = 2 * _DAY  # so that nothing wraps around
    product = np.conj(np.fft.rfft(one, size)) * np.fft.rfft(other, size)
    apart = np.maximum(np.fft.irfft(product, size), 0.0)  # by the second minus the first
    return np.append(apart[0], apart[1:_DAY] + apart[:_DAY:-1])
