"""How far a run is, as engines report it; what becomes of a report is the caller's business."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from vecgen.generate import CUSTOMERS, FRAUD_CASES, TRANSACTIONS, Output, has_case_files
from vecgen.manifest import FileRecord
from vecgen.plan import Plan


@dataclass(frozen=True)
class State:
    """How far a run is.

    Attributes:
        total: Work in all: expected rows, or bytes to be read.
        done: Of it, what is finished.
        rows: Rows of `part` written or read.
        bytes: Bytes written or read; 0 where nobody knows before the end.
        part: Whose rows are counted; customers beside them are no rows of transactions.
    """

    total: int
    done: int = 0
    rows: int = 0
    bytes: int = 0
    part: str = TRANSACTIONS

    def add(self, expected: int, records: Iterable[FileRecord]) -> State:
        """Return the state once a piece of work of `expected` rows is finished, which wrote these files."""
        written = list(records)
        rows = sum(record.rows for record in written if record.path.startswith(f"{self.part}/"))
        size = sum(record.bytes for record in written)
        return replace(self, done=self.done + expected, rows=self.rows + rows, bytes=self.bytes + size)


Report = Callable[[State], None]


def ignore(state: State) -> None:
    """Report to nobody."""


def expect_rows(plan: Plan, output: Output, parts: Sequence[str]) -> dict[str, int]:
    """Return the expected rows of each piece of work by the name of its record, see `checkpoints.once`."""
    expected = {}
    if CUSTOMERS in parts:
        expected = {f"{CUSTOMERS}-{first}": last - first for first, last in plan.customer_ranges()}
    if FRAUD_CASES in parts and has_case_files(output):
        rate = plan.request.law.fraud_rate
        expected |= {f"{FRAUD_CASES}-{first}": round((last - first) * rate) for first, last in plan.case_ranges()}
    if TRANSACTIONS in parts:
        batches = {f"{TRANSACTIONS}-{b.number}": b.rows for b in plan.batches if output.selects(b.number)}
        expected |= {TRANSACTIONS: sum(batches.values())} if output.single_file else batches
    return expected
