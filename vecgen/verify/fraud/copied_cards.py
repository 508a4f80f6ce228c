"""Checks where cards were copied, and tests the merchants of honest rows where some are compromised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from vecgen.config.demographics import Merchants as MerchantLists
from vecgen.io.reader import find_files, read_batches
from vecgen.io.schema import FRAUD_CASES
from vecgen.model.exact import ExactModel
from vecgen.model.fraud.compromise import CompromiseTables, compile_compromise
from vecgen.sampling.arrays import F64, I64
from vecgen.scan.counts import Totals
from vecgen.scan.groups.copies import CASE_COLUMNS, CopyCounts, CopyReader, read_stated
from vecgen.scan.missing import CHECK_NEEDS, Scope
from vecgen.stores.filesystem import Place
from vecgen.verify.certificate import Check
from vecgen.verify.chi_square import Statistic, add, compare, normalised
from vecgen.verify.expectation import Expectation
from vecgen.verify.row_tests import Merchants, count_merchants

COPIED_CARDS: Final = "copied cards"
_EXPECTED: Final = (
    "a purchase of each case in the weeks before at the merchant that was compromised then, where there was any to copy"
)

Copies = tuple[CopyCounts, CopyReader]


def open_copies(directory: Place, expectation: Expectation, model: ExactModel, scope: Scope) -> CopyReader | None:
    """Return what reads where cards were copied; None where that is not known, or the columns do not tell it."""
    receipt, cases = expectation.receipt, directory / FRAUD_CASES
    if not model.law.copies_cards or receipt is None or not cases.is_dir():
        return None
    if CHECK_NEEDS[COPIED_CARDS] - scope.known:
        return None
    batches = (batch for path in find_files(cases) for batch in read_batches(path, CASE_COLUMNS))
    return make_copy_reader(model, expectation.demographics.merchants, int(str(receipt.request["seed"])), batches)


def make_copy_reader(
    model: ExactModel, merchants: MerchantLists, seed: int, cases: Iterable[pa.RecordBatch]
) -> CopyReader | None:
    """Return the reader of a dataset drawn by a seed; None where no type of fraud has compromised merchants.

    Args:
        cases: Columns `CASE_COLUMNS`.
    """
    kinds, period = [own.type for own in model.law.types], model.law.period
    tables = compile_compromise(kinds, merchants, seed, period.start, period.days)
    if tables is None:
        return None
    columns = np.array([merchants.categories.index(name) for name in model.categories])
    exposures = tuple(own and type(own)(own.days, own.categories[columns]) for own in tables.exposures)
    names = np.array([name for own in merchants.names for name in own])[tables.merchant[:, columns]]
    known, codes = np.unique(names, return_inverse=True)
    own = CompromiseTables(tables.month, codes.reshape(names.shape).astype(np.int64), exposures)
    lists = [merchants.names[column] for column in columns]
    chances = [[own.count(name) / len(own) for own, name in zip(lists, row, strict=True)] for row in names]
    stated = read_stated(cases, model, known.tolist())
    return CopyReader(own, tuple(known.tolist()), np.array(chances), model.categories, stated)


def check_copies(counts: CopyCounts, reader: CopyReader | None) -> list[Check]:
    """Return the check of the purchases that cases state."""
    return [Check(COPIED_CARDS, _EXPECTED, reader.count_wrong(counts))] if reader else []


def examine_copies(totals: Totals, merchants: Merchants, copies: Copies | None) -> dict[tuple[str, str], Statistic]:
    """Return the tests of the merchants of honest rows, by (name of the test, "regular"); none where they are not read.

    Args:
        merchants: Names by category.
    """
    if copies is None:
        return {}
    return {(law, "regular"): statistic for law, statistic in _examine(totals, merchants, *copies)}


def _examine(
    totals: Totals, merchants: Merchants, counts: CopyCounts, reader: CopyReader
) -> Iterator[tuple[str, Statistic]]:
    """Yield how many rows there are at compromised merchants, and the merchants of all others.

    At compromised ones there are those of copied cards, and of all others the usual share.
    """
    honest = [own[0] for own in totals.counts]
    rows = _sum_by_month(np.sum([own.slots.sum(axis=1) for own in honest], axis=0), reader.tables.month)
    moved, chances = reader.list_moved(counts), reader.chances
    deviations = counts.compromised - moved - (rows - moved) * chances
    variances = (rows - moved) * chances * (1.0 - chances)
    number = int(counts.compromised.sum())
    yield "compromised merchants", normalised(deviations.sum(axis=0), variances.sum(axis=0), number)
    # So many rows there would be, if the compromised merchant of a month were as any other.
    as_usual = (rows - counts.compromised) / np.maximum(1.0 - chances, 1e-300)
    yield (
        "merchant within category",
        add(
            _compare_others(seen, merchants[name], as_usual[:, place], counts.compromised[:, place], names)
            for place, (name, seen, names) in enumerate(
                zip(reader.categories, count_merchants(honest, len(reader.categories)), reader.names, strict=True)
            )
            if seen
        ),
    )


def _sum_by_month(days: I64, month: I64) -> I64:
    out = np.zeros((int(month[-1]) + 1, days.shape[1]), dtype=np.int64)
    np.add.at(out, month, days)
    return out


def _compare_others(
    seen: Mapping[str, int], listed: Sequence[str], as_usual: F64, compromised: I64, names: Sequence[str]
) -> Statistic:
    """Compare the rows of a category at other merchants than the compromised one of their month.

    Args:
        as_usual, compromised, names: By month: rows if all merchants were alike, rows at the compromised one, its name.
    """
    rest = Counter(seen)
    shares = {name: number / len(listed) for name, number in Counter(listed).items()}
    expected = {name: share * as_usual.sum() for name, share in shares.items()}
    for name, number, usual in zip(names, compromised.tolist(), as_usual.tolist(), strict=True):
        rest[name] -= number
        expected[name] -= shares[name] * usual
    shown = sorted({*expected, *rest})
    return compare([rest[name] for name in shown], [max(0.0, expected.get(name, 0.0)) for name in shown])
