"""One of two datasets that are compared: its rows counted and sampled, group by group."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from vecgen.model.exact import ExactModel
from vecgen.scan.comparison.histories import HistoryCollector
from vecgen.scan.comparison.marginals import Marginals, count_histories, start_marginals
from vecgen.scan.comparison.row_sample import MOST_ROWS, RowSample, sample_histories
from vecgen.scan.row_checks import Columns


@dataclass
class Statistics:
    """What is known of a dataset's rows; `faults` counts those with each fault, which are left out."""

    marginals: Marginals
    sample: RowSample = field(default_factory=RowSample)
    faults: Counter[str] = field(default_factory=Counter)

    def add(self, other: Statistics) -> None:
        """Add other customers."""
        self.marginals.add(other.marginals)
        self.sample.add(other.sample)
        self.faults.update(other.faults)


def start_statistics(model: ExactModel, most: int = MOST_ROWS) -> Statistics:
    """Return what is known of no rows; the sample will have so many of them at most."""
    return Statistics(start_marginals(model), RowSample(most=most))


class StatisticsCounter:
    """Counts and samples the rows of one group of customers, in any order.

    Args:
        scratch: An existing directory for what memory should not hold; the caller removes it.
        most: Rows of the sample.
    """

    def __init__(self, model: ExactModel, scratch: Path, most: int = MOST_ROWS) -> None:
        self._model, self._most, self._collector = model, most, HistoryCollector(model, scratch)
        self._rows = 0
        self._faults: Counter[str] = Counter()

    def add(self, rows: Columns, faults: Counter[str], batch: pa.RecordBatch) -> None:
        """Take the rows without fault of a batch that has all `COLUMNS`, and what is wrong with the others."""
        self._rows += batch.num_rows
        self._faults.update(faults)
        self._collector.add(rows, batch)

    def close(self) -> Statistics:
        """Return what is known of all rows."""
        total = start_statistics(self._model, self._most)
        for rows in self._collector.close():
            count_histories(total.marginals, rows, self._model)
            total.sample.add(sample_histories(rows, self._model, total.sample.one_in))
        total.marginals.rows, total.faults = self._rows, self._faults
        return total
