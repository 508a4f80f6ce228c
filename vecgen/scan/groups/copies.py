"""Cards that were copied at compromised merchants: what fraud cases state, compared with rows of their customers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.io.schema import COMPROMISE_COLUMNS, CUSTOMER_COLUMNS, FRAUD_CASE_COLUMNS, FRAUD_TYPE, Column
from vecgen.model.exact import ExactModel
from vecgen.model.fraud.compromise import NONE, CompromiseTables
from vecgen.sampling.arrays import F64, I64, U64, Bools
from vecgen.scan.row_checks import Columns, hash_holders

CASE_COLUMNS: Final[tuple[Column, ...]] = (
    *(column for column in CUSTOMER_COLUMNS if column.name in ("ssn", "cc_num")),
    *(column for column in FRAUD_CASE_COLUMNS if column.name == "window_first"),
    FRAUD_TYPE,
    *COMPROMISE_COLUMNS,
)
"""Columns of fraud cases that are read."""
_STRANGE: Final = -2
"""In place of a category or merchant that there is none of."""


@dataclass(frozen=True)
class StatedCopies:
    """What cases state; arrays of one length, ascending by holder.

    Attributes:
        holder: Hash of the customer.
        kind: Position of the type of fraud in `ModelParameters.types`.
        window: First day of the window, from the start of the period.
        day, category, merchant: Of the purchase at which the card was copied, NONE for none; positions in
            `ExactModel.categories` and `CopyReader.merchants`.
    """

    holder: U64
    kind: I64
    window: I64
    day: I64
    category: I64
    merchant: I64

    def find(self, holder: U64) -> tuple[I64, Bools]:
        """Return the case of each holder, and whether there is one."""
        case = np.minimum(np.searchsorted(self.holder, holder), max(0, len(self.holder) - 1))
        return case, (self.holder[case] == holder if len(self.holder) else np.zeros(len(holder), dtype=np.bool_))


@dataclass
class CopyCounts:
    """Counts of regular rows.

    Attributes:
        compromised: At compromised merchants, by month of the period and category.
        shown: Of each case, at the compromised merchant, on the day and with the category that it states.
        exposed: Of each case, where its card could have been copied.
    """

    compromised: I64
    shown: I64
    exposed: I64

    @staticmethod
    def start(reader: CopyReader | None) -> CopyCounts:
        """Return the counts of no rows, which a reader will add to."""
        months, cases = (reader.tables.merchant.shape, len(reader.stated.holder)) if reader else ((0, 0), 0)
        return CopyCounts(*(np.zeros(shape, dtype=np.int64) for shape in (months, cases, cases)))

    def add(self, other: CopyCounts) -> None:
        """Add the counts of other rows."""
        for f in fields(CopyCounts):
            getattr(self, f.name).__iadd__(getattr(other, f.name))


@dataclass(frozen=True)
class CopyReader:
    """Reads where cards were copied; picklable.

    Attributes:
        tables: Compromised merchants and exposures by the categories of the model.
        merchants: Distinct names.
        chances: Of a row to be at the compromised merchant all the same, by month and category.
    """

    tables: CompromiseTables
    merchants: tuple[str, ...]
    chances: F64
    categories: tuple[str, ...]
    stated: StatedCopies

    def read(self, rows: Columns, counts: CopyCounts) -> None:
        """Count the regular rows among some of one or more customers."""
        regular = rows.is_fraud == 0
        day, category, months = rows.day[regular], rows.category[regular], self.tables.month
        names = pc.index_in(rows.merchants, pa.array(self.merchants)).fill_null(_STRANGE).to_numpy()
        there = names.take(rows.merchant[regular]) == self.tables.find(day, category)
        cells = months[day[there]] * counts.compromised.shape[1] + category[there]
        counts.compromised += np.bincount(cells, minlength=counts.compromised.size).reshape(counts.compromised.shape)
        case, known = self.stated.find(rows.holder[regular])
        case, day, category, there = case[known], day[known], category[known], there[known]
        shown = there & (day == self.stated.day[case]) & (category == self.stated.category[case])
        counts.shown += np.bincount(case[shown], minlength=len(counts.shown))
        counts.exposed += np.bincount(case[self._can_be_copied(case, day, category)], minlength=len(counts.exposed))

    def _can_be_copied(self, case: I64, day: I64, category: I64) -> Bools:
        """Return whether the card of each case can be copied on a day by a purchase of a category."""
        before = self.stated.window[case] - day
        fits = np.zeros(len(case), dtype=np.bool_)
        for kind, exposure in enumerate(self.tables.exposures):
            if exposure is not None:
                own = self.stated.kind[case] == kind
                fits |= own & (before > 0) & (before <= exposure.days) & exposure.categories[category]
        return fits

    def count_wrong(self, counts: CopyCounts) -> int:
        """Return how many cases state another purchase than one where their card was copied, or none though it was."""
        stated = self.stated
        silent, category = stated.day == NONE, np.maximum(stated.category, 0)
        day = np.clip(stated.day, 0, len(self.tables.month) - 1)
        right = self._can_be_copied(np.arange(len(stated.day)), stated.day, category) & (counts.shown > 0)
        right &= (stated.category >= 0) & (stated.merchant == self.tables.find(day, category))
        empty = silent & (stated.category == NONE) & (stated.merchant == NONE) & (counts.exposed == 0)
        return int(np.count_nonzero(~np.where(silent, empty, right)))

    @property
    def names(self) -> list[list[str]]:
        """The compromised merchants of each category, by month."""
        return [[self.merchants[position] for position in own] for own in self.tables.merchant.T.tolist()]

    def list_moved(self, counts: CopyCounts) -> I64:
        """Return the rows that were moved to compromised merchants, by month and category, as shown by their cases."""
        moved = np.zeros_like(counts.compromised)
        shown = counts.shown > 0
        np.add.at(moved, (self.tables.month[self.stated.day[shown]], self.stated.category[shown]), 1)
        return moved


def read_stated(cases: Iterable[pa.RecordBatch], model: ExactModel, merchants: Sequence[str]) -> StatedCopies:
    """Return what fraud cases state.

    Args:
        cases: Columns `CASE_COLUMNS`.
        merchants: Names that are known.
    """
    parts = [_inspect(batch, model, merchants) for batch in cases]
    columns = [np.concatenate([np.zeros(0, part.dtype), *own]) for part, *own in zip(*[_NO_CASES, *parts], strict=True)]
    order = np.argsort(columns[0], kind="stable")
    return StatedCopies(*(column[order] for column in columns))


_NO_CASES: Final = (np.zeros(0, dtype=np.uint64), *(np.zeros(0, dtype=np.int64) for _ in range(5)))


def _inspect(batch: pa.RecordBatch, model: ExactModel, merchants: Sequence[str]) -> tuple[U64, I64, I64, I64, I64, I64]:
    kinds, first_day = [own.type.name for own in model.law.types], model.law.period.first_day
    window, day = (
        batch.column(name).view(pa.int32()).cast(pa.int64()).fill_null(first_day + NONE).to_numpy() - first_day
        for name in ("window_first", "compromised_date")
    )
    return (
        hash_holders(batch),
        _find(batch.column(FRAUD_TYPE.name), kinds),
        window,
        day,
        _find(batch.column("compromised_category"), model.categories),
        _find(batch.column("compromised_merchant"), merchants),
    )


def _find(texts: pa.Array, known: Sequence[str]) -> I64:
    """Return positions of texts, NONE for nulls."""
    plain = texts.cast(pa.string())
    found = pc.index_in(plain, pa.array(known, pa.string())).cast(pa.int64()).fill_null(_STRANGE)
    return np.asarray(pc.if_else(plain.is_null(), NONE, found).to_numpy(zero_copy_only=False).astype(np.int64))
