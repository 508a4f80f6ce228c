"""The part of a dataset that is written: batches of customers, or dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from vecgen.model.params import Period
from vecgen.plan.request import check_limit
from vecgen.plan.slices import select_days


@dataclass(frozen=True)
class Selection:
    """Which transactions are written; rows and files are those of the whole dataset.

    Attributes:
        batch_rows: Expected rows of a batch; None to let the number of cores decide.
        batches: First and last numbers of the batches to write; empty for all. Customers are not written then.
        only_dates: First and last date of the transactions to write; None for the whole period.

    Raises:
        InputError: An invalid number of rows.
    """

    batch_rows: int | None = None
    batches: tuple[tuple[int, int], ...] = ()
    only_dates: tuple[date, date] | None = None

    def __post_init__(self) -> None:
        check_limit("batch_rows", self.batch_rows)

    def selects(self, number: int) -> bool:
        """Return whether the batch of this number is to be written."""
        return not self.batches or any(first <= number <= last for first, last in self.batches)

    def select_days(self, period: Period) -> range:
        """Return the days of the period to be written, counted from its start.

        Raises:
            InputError: Dates of which none, or not all, lie in the period.
        """
        return select_days(period, self.only_dates)
