"""Days with fraud among honest rows, of types that share nothing else: all subsets of the rows are summed up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce

import numpy as np

from vecgen.model.odds.candidates import Candidates, HonestRows, Sums
from vecgen.model.odds.reading import Scaled
from vecgen.model.odds.shared_days import add_shared_days
from vecgen.model.odds.stretches import unite
from vecgen.sampling.arrays import F64
from vecgen.sampling.subsets import sum_subsets


def sum_mixed_days(honest: HonestRows, reads: Sequence[Scaled]) -> Sums:
    """Return the sums over fraud of some types."""
    sums = Sums(np.zeros(len(honest.rows)), np.zeros(len(honest.days.day)))
    alone = [read for read in reads if not read.side.axes]
    # Those that few rows can have are summed up without the others: fewer subsets.
    for together in ([read for read in alone if read.is_everywhere is everywhere] for everywhere in (True, False)):
        candidates = Candidates(honest, unite(read.where for read in together))
        if candidates.numbers.any():
            _add_days(sums, candidates, together)
    for read in reads:
        if read.side.axes:
            add_shared_days(sums, honest, read)
    return sums


def _add_days(sums: Sums, candidates: Candidates, reads: Sequence[Scaled]) -> None:
    """Add what some types say, all of which have their rows among the candidates."""
    ranks = candidates.ranks
    sums_of_cases = [sum_subsets(*case, ranks.counts) for case in _list_cases(candidates, reads)]
    held, every = (reduce(np.add, own) for own in zip(*sums_of_cases, strict=True))
    sums.held[candidates.places.take(ranks.places)] += held
    sums.every[ranks.days] += every


def _list_cases(candidates: Candidates, reads: Sequence[Scaled]) -> Iterator[tuple[F64, F64, F64]]:
    """Yield the arguments of `sum_subsets` for each window, and for how fraudulent and regular rows travel."""
    ranks, regular = candidates.ranks, candidates.honest.regular.side
    rows = candidates.rows.take(ranks.places)
    outside = [values.take(rows) for values in candidates.honest.outside]
    rest = [values.take(ranks.days) for values in candidates.rest]
    for read in reads:
        share = float(np.exp(read.side.share))
        for window, ways in enumerate(read.alone):
            counts = candidates.count(read.side, window, ranks.days, ranks.counts)
            for way, travels in zip(ways, read.side.travel.tolist(), strict=True):
                inside = read.spread(way).take(rows)
                for own, other, also in zip(outside, rest, regular.travel.tolist(), strict=True):
                    yield inside, own, counts * (share * travels * also * other)
