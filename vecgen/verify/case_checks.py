"""Compares the table of fraud cases with the rows: each defrauded customer has one case with the same figures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.io.reader import find_files, read_batches
from vecgen.io.schema import FRAUD_CASE_COLUMNS
from vecgen.model.exact import ExactModel
from vecgen.sampling.arrays import I64
from vecgen.scan.row_checks import hash_holders
from vecgen.stores.filesystem import Place

_FIELDS: Final = 7
"""A case: hash of the holder, position of the profile, fraudulent rows, their cents, days of the first and the last of
them from the start of the period, and 1 where the window fits them."""


def read_cases(directory: Place, model: ExactModel) -> I64:
    """Return the recorded cases, shape (cases, fields); none without a table of cases.

    Raises:
        InputError: A file that cannot be read as fraud cases.
    """
    files = find_files(directory) if directory.is_dir() else []
    batches = (batch for path in files for batch in read_batches(path, FRAUD_CASE_COLUMNS))
    return _concatenate(_inspect(batch, model) for batch in batches)


def count_wrong(shown: I64, stated: I64) -> int:
    """Return the number of customers whose case is missing, recorded twice, or different from the rows.

    Args:
        shown: By the rows, shape (cases, fields but the last).
        stated: By the table of cases.
    """
    fitting = np.column_stack([shown, np.ones(len(shown), dtype=np.int64)])
    distinct, which = np.unique(np.concatenate([fitting, stated]), axis=0, return_inverse=True)
    signs = np.repeat([1, -1], [len(shown), len(stated)])
    balance = np.bincount(which.ravel(), signs, minlength=len(distinct))
    return len(np.unique(distinct[balance != 0, 0]))


def _inspect(batch: pa.RecordBatch, model: ExactModel) -> I64:
    names = pa.array(model.profile_files)
    profile = pc.index_in(batch.column("profile").cast(pa.string()), names).fill_null(-1)
    window_first, window_last, first, last = (
        batch.column(name).view(pa.int32()).to_numpy().astype(np.int64) - model.law.period.first_day
        for name in ("window_first", "window_last", "first_date", "last_date")
    )
    lengths = [model.law.window_days(own.type) for own in model.law.types]
    fits = (window_first <= first) & (last <= window_last) & np.isin(window_last - window_first + 1, lengths)
    return np.column_stack(
        [
            hash_holders(batch).view(np.int64),
            profile.to_numpy(zero_copy_only=False),
            batch.column("frauds").to_numpy(),
            np.rint(batch.column("fraud_amt").to_numpy() * 100.0).astype(np.int64),
            first,
            last,
            fits.astype(np.int64),
        ]
    )


def _concatenate(parts: Iterable[I64]) -> I64:
    return np.concatenate([np.zeros((0, _FIELDS), dtype=np.int64), *parts])
