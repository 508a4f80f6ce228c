"""Whole datasets on this machine's processors, and the receipt every dataset ends with."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from vecgen import __version__
from vecgen.digest import Digest
from vecgen.errors import InputError, OutputError
from vecgen.generate import CUSTOMERS, TRANSACTIONS, FileRecord, Output, write_customers, write_transactions
from vecgen.plan import Batch, Plan, describe_request

RECEIPT: Final = "_vecgen.json"
SUCCESS: Final = "_SUCCESS"


@dataclass(frozen=True)
class Receipt:
    """What was asked and what was written; stands as `_vecgen.json` beside the data."""

    version: str
    fingerprint: str
    request: dict[str, object]
    output: dict[str, object]
    customers: dict[str, object]
    transactions: dict[str, object]
    seconds: float
    processes: int
    rows_per_second_and_process: float


def run_local(plan: Plan, output: Output, processes: int, *, customers: bool, transactions: bool) -> Receipt:
    """Write the asked parts of a dataset with `processes` processes, and its receipt last.

    Memory does not grow with the dataset: a process holds one batch at a time.

    Raises:
        OutputError: The output holds something already or cannot be written; nothing is left behind.
    """
    if processes < 1:
        raise InputError("--processes", "", processes, "a whole number from 1 up")
    started = time.perf_counter()
    prepare_output(output.path)
    work: list[Batch | range] = []
    if transactions:
        work += sorted(plan.batches, key=lambda batch: -batch.rows)  # the longest first, so that the end is even
    if customers:
        work += [range(*bounds) for bounds in plan.customer_ranges()]
    try:
        records = _run_all(plan, output, work, processes)
        receipt = make_receipt(plan, output, records, time.perf_counter() - started, processes)
        write_receipt(output.path, receipt)
    except BaseException:
        remove_parts(output.path)
        raise
    return receipt


def prepare_output(path: Path) -> None:
    """Make sure that `path` is an empty directory that can be written.

    Raises:
        OutputError: It is not.
    """
    try:
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise OutputError(f"--output: {path} exists and is not an empty directory; choose another or remove it")
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"--output: {path} cannot be created ({error.strerror}); choose another directory") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise OutputError(f"--output: {path} cannot be written; choose another directory or change its permissions")


def remove_parts(path: Path) -> None:
    """Remove what a failed run has written below its output, which was empty before."""
    for name in (TRANSACTIONS, CUSTOMERS):
        shutil.rmtree(path / name, ignore_errors=True)
    for name in (RECEIPT, SUCCESS):
        (path / name).unlink(missing_ok=True)


def make_receipt(
    plan: Plan, output: Output, records: Sequence[FileRecord], seconds: float, processes: int
) -> Receipt:
    """Return the receipt of the files that were written."""
    transactions = _sum_records(record for record in records if record.path.startswith(TRANSACTIONS))
    customers = _sum_records(record for record in records if record.path.startswith(CUSTOMERS))
    described = json.loads(json.dumps(asdict(output), default=str))
    rate = transactions["rows"] / seconds / processes if seconds else 0.0
    return Receipt(
        __version__,
        plan.fingerprint,
        describe_request(plan.request),
        described,
        customers,
        transactions,
        round(seconds, 3),
        processes,
        round(rate),
    )


def write_receipt(path: Path, receipt: Receipt) -> None:
    """Write the receipt and, last of all, the marker of success."""
    try:
        (path / RECEIPT).write_text(json.dumps(asdict(receipt), indent=2) + "\n")
        (path / SUCCESS).touch()
    except OSError as error:
        raise OutputError(f"{path}: the receipt cannot be written ({error.strerror})") from error


def _sum_records(records: Iterable[FileRecord]) -> dict[str, int | str]:
    files, size, digest = 0, 0, Digest()
    for record in records:
        files, size, digest = files + 1, size + record.bytes, digest + record.digest
    return {"files": files, "rows": digest.rows, "bytes": size, "digest": str(digest)}


def _run_all(plan: Plan, output: Output, work: Sequence[Batch | range], processes: int) -> list[FileRecord]:
    if processes == 1 or len(work) == 1:
        return [record for item in work for record in _do(plan, output, item)]
    # Not fork: Arrow and NumPy run threads, whose locks a forked child would inherit in any state.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(processes, len(work)), context, _start_worker, (plan, output)) as pool:
        futures = [pool.submit(_do_in_worker, item) for item in work]
        try:
            return [record for future in as_completed(futures) for record in future.result()]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _do(plan: Plan, output: Output, item: Batch | range) -> list[FileRecord]:
    if isinstance(item, range):
        return [write_customers(plan, output, item.start, item.stop)]
    return write_transactions(plan, output, item)


# A worker receives the plan once, when it starts, instead of 10 MB with every batch.
_worker_task: Callable[[Batch | range], list[FileRecord]]


def _start_worker(plan: Plan, output: Output) -> None:
    global _worker_task
    _worker_task = lambda item: _do(plan, output, item)  # noqa: E731 - the one place that binds the plan


def _do_in_worker(item: Batch | range) -> list[FileRecord]:
    return _worker_task(item)
