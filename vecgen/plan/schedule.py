"""Cuts a dataset into batches for a number of cores, and estimates their cost before anything is written."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from vecgen.errors import InputError, setting
from vecgen.io.schema import CUSTOMERS, FRAUD_CASES, TRANSACTIONS
from vecgen.plan.batches import MAX_BATCH_ROWS, Batch, cut_batches
from vecgen.plan.form import Form
from vecgen.plan.output import Output, has_case_files
from vecgen.plan.plan import Plan
from vecgen.plan.selection import Selection
from vecgen.plan.slices import partition_period

# Estimates of bytes a row and core seconds a row, one year of the shipped profiles (`python -m bench compare`).
_BYTES_PER_ROW: Final = {("parquet", "snappy"): 82, ("parquet", "none"): 118, ("parquet", "zstd"): 47, ("csv", ""): 307}
_COMPACT_SHARE: Final = 0.8  # of these bytes, with --encoding compact
_SECONDS_PER_ROW: Final = {
    ("parquet", "snappy"): 4.9e-7,
    ("parquet", "none"): 4.9e-7,
    ("parquet", "zstd"): 5.0e-7,
    ("csv", ""): 1.4e-6,
}
# Estimates beside them, measured on one of two busy cores: 300 customers in 83 batches, with and without partitions.
_START_SECONDS: Final = 1.5
_SECONDS_PER_BATCH: Final = 7e-3
_SECONDS_PER_FILE: Final = 3e-3
_SECONDS_PER_ID: Final = 5e-7  # looked at, and made where they are of the batch's profile
_ROWS_PER_PROCESS: Final = 1_000_000  # half a second of work, as long as a further process takes to start
_TASKS_PER_CORE: Final = 6  # enough for the last tasks to even out, few enough for large files
_MIN_BATCH_ROWS: Final = 1_000_000
_MAX_BATCH_ROWS: Final = MAX_BATCH_ROWS
_MAX_CELLS: Final = 25_000_000  # customers x days of a batch, 8 bytes each: 200 MB
_FIXED_MEMORY: Final = 250_000_000  # interpreter, libraries, tables, a row group being written
_CUSTOMER_MEMORY: Final = 700  # bytes of a customer's texts, in the batch and in the chunks' dictionaries
_CELL_MEMORY: Final = 9


@dataclass(frozen=True)
class Estimate:
    """What a plan will cost: expected figures, not promises. `median_file`: bytes of a file of transactions."""

    customers: int
    rows: int
    bytes: int
    files: int
    median_file: int
    batches: int
    largest_batch: int
    memory_per_worker: int
    seconds: float
    cores: int


def choose_processes(rows: float, processors: int) -> int:
    """Return how many processes finish work of some rows first: a further one must win more than its start costs."""
    return max(1, min(processors, int(rows / _ROWS_PER_PROCESS)))


def choose_batch_rows(plan: Plan, output: Output, cores: int) -> int:
    """Return how many rows a batch should have, to keep `cores` cores evenly busy and fill files.

    As many as fill one file per directory, but few enough for several batches a core, and for a worker to stay under
    1 GB: the dates of its customers are counted in memory.
    """
    if output.selection.batch_rows is not None:
        return output.selection.batch_rows
    period = plan.tables.law.period
    slices = len(partition_period(period, output.form.partition_by, ""))
    filling = output.form.max_file_size / _row_bytes(output.form) * slices
    spread = max(plan.rows / (_TASKS_PER_CORE * cores), _MIN_BATCH_ROWS)
    slowest = min(rate for rate in plan.rows_per_customer if rate > 0) if any(plan.rows_per_customer) else 1.0
    fitting = min(_MAX_BATCH_ROWS, _MAX_CELLS / period.days * slowest)
    return max(1, math.floor(min(filling, spread, fitting)))


def schedule(plan: Plan, output: Output, cores: int) -> Plan:
    """Return the plan with batches for `cores` cores."""
    return cut_again(plan, choose_batch_rows(plan, output, cores))


def cut_again(plan: Plan, batch_rows: int) -> Plan:
    """Return the plan with batches of about `batch_rows` rows."""
    return replace(plan, batches=cut_batches(plan.source, plan.rows_per_customer, batch_rows))


def check_slices(plan: Plan, selection: Selection) -> range:
    """Accept batches and dates that the plan has; return the days to be written.

    Raises:
        InputError: Numbers beyond the last batch, or dates outside the period.
    """
    for first, last in selection.batches:
        if not 0 <= first <= last < len(plan.batches):
            told = f"{setting('plan')} and {setting('batch_rows')}"
            expected = f"numbers from 0 to {len(plan.batches) - 1}; {told} tell how many there are"
            raise InputError(setting("batches"), "", f"{first}-{last}", expected)
    return selection.select_days(plan.tables.law.period)


def estimate(plan: Plan, output: Output, cores: int) -> Estimate:
    """Return the cost of a scheduled plan, or of the selected batches and dates.

    Raises:
        InputError: Batches or dates that the plan does not have.
    """
    plan = schedule(plan, output, cores)
    period, days = plan.tables.law.period, check_slices(plan, output.selection)
    batches = [batch for batch in plan.batches if output.selection.selects(batch.number)]
    share = len(days) / period.days
    runs = [part.days for part in partition_period(period, output.form.partition_by, "")]
    slices = sum(run.start < days.stop and days.start < run.stop for run in runs)
    row_bytes = _row_bytes(output.form)
    sizes = [b.rows * share * row_bytes / slices for b in batches]  # of a batch in one directory
    cuts = [math.ceil(size / output.form.max_file_size) for size in sizes]
    files = slices * sum(cuts)
    customers = max((b.rows / (plan.rows_per_customer[b.profile] or 1.0) for b in batches), default=0.0)
    memory = _FIXED_MEMORY + customers * (_CUSTOMER_MEMORY + _CELL_MEMORY * period.days)
    rows = sum(batch.rows for batch in batches) * share
    return Estimate(
        customers=plan.source.count,
        rows=round(rows),
        bytes=round(rows * row_bytes),
        files=files,
        median_file=round(_find_median(sizes, cuts)),
        batches=len(batches),
        largest_batch=max((batch.rows for batch in batches), default=0),
        memory_per_worker=round(memory),
        seconds=_START_SECONDS + _expect_work(output.form, batches, rows, files) / min(cores, max(1, len(batches))),
        cores=cores,
    )


def _find_median(sizes: Sequence[float], cuts: Sequence[int]) -> float:
    """Return the median size of files that sizes are cut into; 0 where there are none."""
    files = sorted((size / cut, cut) for size, cut in zip(sizes, cuts, strict=True) if cut)
    counted = list(itertools.accumulate(cut for _, cut in files))
    return files[bisect.bisect_left(counted, sum(cuts) / 2)][0] if files else 0.0


def _expect_work(form: Form, batches: Sequence[Batch], rows: float, files: int) -> float:
    """Return the core seconds of writing these batches: small ones cost more by their files than by their rows."""
    ids = sum(batch.last - batch.first for batch in batches)
    own = ids * _SECONDS_PER_ID + len(batches) * _SECONDS_PER_BATCH + files * _SECONDS_PER_FILE
    return rows * _lookup(_SECONDS_PER_ROW, form) + own


def describe_estimate(e: Estimate) -> str:
    """Return an estimate as a few lines of text."""
    files = f"{e.files:,} files of transactions, the median {spell_size(e.median_file)}"
    return "\n".join(
        [
            f"{e.customers:,} customers, about {e.rows:,} transactions",
            f"about {e.bytes / 1e9:,.2f} GB in {files}",
            f"{e.batches:,} batches, the largest of {e.largest_batch:,} rows",
            f"about {e.memory_per_worker / 1e6:,.0f} MB of memory a worker",
            f"about {e.seconds:,.0f} s on {e.cores} core{'s' * (e.cores != 1)}",
        ]
    )


def spell_size(size: float) -> str:
    """Return the size of a file in megabytes; of small ones, a footer and dictionaries are more than their rows."""
    return f"of {size / 1e6:,.0f} MB" if size >= 1e6 else "below 1 MB"


def _row_bytes(form: Form) -> float:
    return _lookup(_BYTES_PER_ROW, form) * (_COMPACT_SHARE if form.encoding == "compact" else 1.0)


def _lookup(table: Mapping[tuple[str, str], float], form: Form) -> float:
    return table[form.format, form.compression if form.format == "parquet" else ""]


def expect_rows(plan: Plan, output: Output, parts: Sequence[str]) -> dict[str, int]:
    """Return the expected rows of each piece of work by the name of its record, see `run.checkpoint`."""
    expected = {}
    if CUSTOMERS in parts:
        expected = {f"{CUSTOMERS}-{first}": last - first for first, last in plan.customer_ranges()}
    if FRAUD_CASES in parts and has_case_files(output):
        rate = plan.request.law.fraud_rate
        expected |= {f"{FRAUD_CASES}-{first}": round((last - first) * rate) for first, last in plan.case_ranges()}
    if TRANSACTIONS in parts:
        batches = {f"{TRANSACTIONS}-{b.number}": b.rows for b in plan.batches if output.selection.selects(b.number)}
        expected |= {TRANSACTIONS: sum(batches.values())} if output.form.single_file else batches
    return expected
