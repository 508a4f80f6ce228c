"""Compares the table of fraud cases with the rows: each defrauded customer has one case with the same figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.io.reader import find_files, read_batches
from vecgen.io.schema import CUSTOMER_ID, FRAUD_CASE_COLUMNS, FRAUD_TYPE, REPORTED_DATE, Column
from vecgen.model.exact import ExactModel
from vecgen.model.fraud.reporting import NEVER
from vecgen.model.params import ModelParameters
from vecgen.sampling.arrays import I64, Bools
from vecgen.scan.counts import CASE_FIELDS
from vecgen.scan.row_checks import hash_holders
from vecgen.stores.filesystem import Place

_TOLD: Final = frozenset({"type", "reported", "customer"})
"""Fields that only transaction numbers tell."""
_STATED: Final = ("dropped", "window_first", "window_last")
"""What a case states beside `CASE_FIELDS`; windows as days from the start of the period."""
_NO_DAY: Final = -(1 << 40)


def read_cases(directory: Place, model: ExactModel) -> I64:
    """Return the recorded cases, shape (cases, fields): those of `CASE_FIELDS` but regular rows, and `_STATED`.

    Raises:
        InputError: A file that cannot be read as fraud cases.
    """
    files = find_files(directory) if directory.is_dir() else []
    columns = _list_columns(model.law)
    batches = (batch for path in files for batch in read_batches(path, columns))
    return _concatenate(_inspect(batch, model) for batch in batches)


def count_wrong(shown: I64, stated: I64, model: ExactModel, *, told: bool, complete: bool) -> int:
    """Return the number of customers whose case is missing, recorded twice, or different from the rows.

    Args:
        shown: By the rows, shape (cases, fields of `CASE_FIELDS`).
        stated: By the table of cases, as of `read_cases`.
        told: Whether transaction numbers tell types, reports and ids.
        complete: Whether all rows were counted; those with faults are not, and dropped ones do not add up without them.
    """
    left_out = {"regular"} | (set() if told else _TOLD)
    if REPORTED_DATE not in _list_columns(model.law):
        left_out.add("reported")
    chosen = [number for number, name in enumerate(CASE_FIELDS) if name not in left_out]
    fitting = np.column_stack([shown[:, chosen], np.ones(len(shown), dtype=np.int64)])
    fits = _find_fitting(stated, model)
    if complete:
        fits &= _find_whole(stated, _find_regular(shown, stated), model)
    own = np.column_stack([stated[:, chosen], fits])
    distinct, which = np.unique(np.concatenate([fitting, own]), axis=0, return_inverse=True)
    signs = np.repeat([1, -1], [len(shown), len(stated)])
    balance = np.bincount(which.ravel(), signs, minlength=len(distinct))
    return len(np.unique(distinct[balance != 0, 0]))


def _list_columns(law: ModelParameters) -> tuple[Column, ...]:
    """Return the columns of the table of cases that are compared."""
    types = (FRAUD_TYPE,) if law.fraud_types else ()
    return (*FRAUD_CASE_COLUMNS, *types, *((REPORTED_DATE,) if types or law.reporting.is_stated else ()))


def _find_regular(shown: I64, stated: I64) -> I64:
    """Return the regular rows that the holder of each recorded case shows; 0 for a stranger."""
    holder, regular = (shown[:, CASE_FIELDS.index(name)] for name in ("holder", "regular"))
    if len(shown) == 0:
        return np.zeros(len(stated), dtype=np.int64)
    order = np.argsort(holder)
    own = stated[:, CASE_FIELDS.index("holder")]
    place = order[np.minimum(np.searchsorted(holder[order], own), len(order) - 1)]
    return np.where(holder[place] == own, regular[place], 0)


def _find_fitting(stated: I64, model: ExactModel) -> Bools:
    """Return which recorded cases have a window that can be theirs, and no dropped rows where own rows stay."""
    named, kinds = _name(stated), [own.type for own in model.law.types]
    kind = np.clip(named["type"], 0, len(kinds) - 1)
    counts = (model.law.window_days, model.law.count_starts)
    length, starts = (np.array([count(own) for own in kinds], dtype=np.int64)[kind] for count in counts)
    start, dropped = named["window_first"], named["dropped"]
    fits = (start <= named["first"]) & (named["last"] <= named["window_last"]) & (named["type"] >= 0)
    fits &= (named["window_last"] - start + 1 == length) & (start >= 1) & (start <= starts)
    keeps = np.array([own.keeps_own_rows for own in kinds])[kind]
    return np.asarray(fits & ((dropped == 0) | (~keeps & (dropped > 0))))


def _find_whole(stated: I64, regular: I64, model: ExactModel) -> Bools:
    """Return whose regular rows and dropped ones are days times a rate of the profile."""
    named = _name(stated)
    bounds = np.array([(own.rates[0], own.rates[-1]) for own, _ in model.rows])[np.maximum(named["profile"], 0)]
    rate, rest = np.divmod(regular + named["dropped"], model.law.period.span)
    return np.asarray((rest == 0) & (rate >= bounds[:, 0]) & (rate <= bounds[:, 1]))


def _name(stated: I64) -> dict[str, I64]:
    """Return the fields of recorded cases by name."""
    return dict(zip((*CASE_FIELDS, *_STATED), stated.T, strict=True))


def _inspect(batch: pa.RecordBatch, model: ExactModel) -> I64:
    first_day = model.law.period.first_day
    names = batch.schema.names
    days = {
        name: _read_days(batch, name) - first_day for name in ("first_date", "last_date", "window_first", "window_last")
    }
    reported = np.full(batch.num_rows, NEVER)
    if REPORTED_DATE.name in names:
        reported = np.maximum(_read_days(batch, REPORTED_DATE.name) - first_day, NEVER)
    kind = np.zeros(batch.num_rows, dtype=np.int64)
    if FRAUD_TYPE.name in names:
        kind = _find(batch.column(FRAUD_TYPE.name), [own.type.name for own in model.law.types])
    return np.column_stack(
        [
            hash_holders(batch).view(np.int64),
            _find(batch.column("profile"), model.profile_files),
            batch.column("frauds").to_numpy(),
            np.rint(batch.column("fraud_amt").to_numpy() * 100.0).astype(np.int64),
            days["first_date"],
            days["last_date"],
            np.zeros(batch.num_rows, dtype=np.int64),
            kind,
            reported,
            batch.column(CUSTOMER_ID.name).to_numpy(),
            batch.column("dropped").to_numpy(),
            days["window_first"],
            days["window_last"],
        ]
    )


def _find(texts: pa.Array, values: Sequence[str]) -> I64:
    """Return the position of each text among `values`; -1 for others."""
    found = pc.index_in(texts.cast(pa.string()), pa.array(list(values), pa.string())).fill_null(-1)
    return np.asarray(found.to_numpy(zero_copy_only=False).astype(np.int64))


def _read_days(batch: pa.RecordBatch, name: str) -> I64:
    """Return dates as days since 1970; for none, one before all periods."""
    days = batch.column(name).view(pa.int32()).cast(pa.int64())
    return np.asarray(days.fill_null(_NO_DAY).to_numpy())


def _concatenate(parts: Iterable[I64]) -> I64:
    return np.concatenate([np.zeros((0, len(CASE_FIELDS) + len(_STATED)), dtype=np.int64), *parts])
