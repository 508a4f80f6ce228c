"""A plan's batches on many cores, by arithmetic: what a batch costs is measured here, who works on what is simulated.

A batch costs `fixed + rows x row + ids x scan` CPU seconds, fixed and row by profile: measured on real batches of two
sizes, checked on a larger one. Batches go in the order of their numbers to the next free core, as every engine does it.
"""

from __future__ import annotations

import heapq
import os
import tempfile
import time
import tracemalloc
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bench.harness.command import Command, add_number_option
from bench.harness.results import save
from vecgen.model.customers import draw_segments
from vecgen.plan.customer_source import DrawnCustomers
from vecgen.plan.output import Output, target_own
from vecgen.plan.plan import Plan, compile_plan, index_batches
from vecgen.plan.request import Request
from vecgen.plan.schedule import estimate, schedule
from vecgen.process.memory import keep_freed_memory
from vecgen.run.write import write_customers, write_transactions
from vecgen.sampling.rng import derive_keys, unit_interval

F64 = npt.NDArray[np.float64]

ROWS: Final = (500_000, 2_000_000)
_CHECK: Final = 3  # times the larger of these
_SCANNED: Final = 1_000_000
_PEOPLE: Final = 50_000
_SEED: Final = 1
_STREAM: Final = 1  # of the noise


@dataclass(frozen=True)
class Costs:
    """CPU seconds: of a batch and of one more row, per profile; of one more id."""

    fixed: F64
    row: F64
    scan: float

    def predict(self, plan: Plan) -> F64:
        """Return the seconds of a plan's batches."""
        profile = np.array([batch.profile for batch in plan.batches])
        rows = np.array([batch.rows for batch in plan.batches])
        ids = np.array([batch.last - batch.first for batch in plan.batches])
        seconds: F64 = self.fixed.take(profile) + self.row.take(profile) * rows + self.scan * ids
        return seconds


@dataclass(frozen=True)
class Disturbance:
    """What befalls batches: a relative deviation of each, and a share of them that takes several times as long."""

    noise: float = 0.0
    stragglers: float = 0.0
    slowdown: float = 1.0

    def apply(self, seconds: F64) -> F64:
        """Return the seconds, disturbed; the mean of the noise is 1."""
        batches = np.arange(len(seconds))
        keys = derive_keys(_SEED, _STREAM, batches)
        first, second = unit_interval(keys.weyl), unit_interval(keys.inner)
        deviation = self.noise * np.sqrt(3.0) * (2.0 * first - 1.0)  # uniform
        disturbed: F64 = seconds * (1.0 + deviation) * np.where(second < self.stragglers, self.slowdown, 1.0)
        return disturbed


def simulate(request: Request, cores: int, disturbance: Disturbance, rows: Sequence[int] = ROWS) -> dict[str, Any]:
    """Return the balance of the schedule of a request on `cores` cores, undisturbed and disturbed, and its costs."""
    keep_freed_memory()
    output = Output(Path("output"))
    plan = schedule(compile_plan(request), output, cores)
    costs, check = measure_costs(plan, rows)
    seconds, ids = costs.predict(plan), sum(batch.last - batch.first for batch in plan.batches)
    promised = estimate(plan, output, cores)
    people = _measure_people(plan)
    return {
        "customers": request.customers,
        "cores": cores,
        "rows": promised.rows,
        "bytes": promised.bytes,
        "files": promised.files,
        "batches": len(plan.batches),
        "undisturbed": summarise(seconds, cores),
        "disturbed": {**vars(disturbance), **summarise(disturbance.apply(seconds), cores)},
        "scan_share": round(float(costs.scan * ids / seconds.sum()), 5),
        "customers_files": summarise(np.array([people * (b - a) for a, b in plan.customer_ranges()]), cores),
        "measured": {
            "fixed_ms": _by_profile(plan, costs.fixed * 1e3),
            "row_ns": _by_profile(plan, costs.row * 1e9),
            "scan_ns": round(costs.scan * 1e9, 1),
            "customer_us": round(people * 1e6, 2),
            "check": check,
            "load_average": [round(load, 1) for load in os.getloadavg()],
        },
        "planning": [
            measure_planning(replace(request, customers=n), cores) for n in sorted({1_000_000, request.customers})
        ],
    }


def summarise(seconds: F64, cores: int) -> dict[str, Any]:
    """Return what a list schedule makes of tasks; `balance` is the ideal by the makespan."""
    makespan, ideal = list_schedule(seconds, cores), float(seconds.sum()) / cores
    return {
        "makespan_seconds": round(makespan, 1),
        "ideal_seconds": round(ideal, 1),
        "balance": round(ideal / makespan, 4),
        "longest_seconds": round(float(seconds.max()), 2),
    }


def list_schedule(seconds: F64, cores: int) -> float:
    """Return when the last task ends, each given in turn to the core that is free first."""
    free = [0.0] * cores
    for task in seconds.tolist():
        heapq.heapreplace(free, free[0] + task)
    return max(free)


def measure_costs(plan: Plan, rows: Sequence[int]) -> tuple[Costs, dict[str, float]]:
    """Return the costs of a plan's batches, and a larger batch as it was measured and as they predict it."""
    scan = _measure_scan(plan)
    shares = plan.source.shares(len(plan.rows_per_customer))
    fixed, row = np.zeros(len(shares)), np.zeros(len(shares))
    _measure_batch(plan, 0, rows[0], float(shares[0]), scan)  # first touches: imports, tables, memory
    for profile, share in enumerate(shares.tolist()):
        (few, short), (many, long) = (_measure_best(plan, profile, size, share, scan) for size in rows)
        if few < many:
            row[profile] = max(long - short, 0.0) / (many - few)
            fixed[profile] = short - few * row[profile]
    fixed = np.maximum(fixed, 0.0)  # a few milliseconds, within the noise of two measurements
    fixed[row == 0], row[row == 0] = fixed.max(), row.max()  # of profiles too rare to measure
    costs = Costs(fixed, row, scan)
    busiest = int(np.argmax(shares * plan.rows_per_customer))
    size, measured = _measure_best(plan, busiest, _CHECK * rows[-1], float(shares[busiest]), scan)
    predicted = float(fixed[busiest] + row[busiest] * size)
    return costs, {"rows": size, "measured_seconds": round(measured, 3), "predicted_seconds": round(predicted, 3)}


def _measure_best(plan: Plan, profile: int, rows: int, share: float, scan: float) -> tuple[int, float]:
    """Return the quicker of two measurements: others may be at work on this machine."""
    return min((_measure_batch(plan, profile, rows, share, scan) for _ in range(2)), key=lambda point: point[1])


def _measure_batch(plan: Plan, profile: int, rows: int, share: float, scan: float) -> tuple[int, float]:
    """Return the rows of a batch of about `rows` rows, and its CPU seconds without the scan for its customers."""
    ids = max(1, round(rows / (plan.rows_per_customer[profile] * share)))
    if ids > plan.source.count or ids > 100 * rows:  # of a profile that nobody in the sample had
        return 0, 0.0
    with tempfile.TemporaryDirectory() as scratch:
        started = time.process_time()
        people = plan.source.table(0, ids, profile)
        records = write_transactions(plan.tables, target_own(Output(Path(scratch))), 0, people)
        seconds = time.process_time() - started
    return sum(record.rows for record in records), seconds - scan * ids


def _measure_scan(plan: Plan) -> float:
    assert isinstance(plan.source, DrawnCustomers)
    ids = np.arange(_SCANNED)
    draw_segments(plan.source.tables, plan.source.seed, ids)
    started = time.process_time()
    draw_segments(plan.source.tables, plan.source.seed, ids)
    return (time.process_time() - started) / _SCANNED


def _measure_people(plan: Plan) -> float:
    """Return the CPU seconds of a customer, drawn and written."""
    count = min(_PEOPLE, plan.source.count)
    with tempfile.TemporaryDirectory() as scratch:
        started = time.process_time()
        write_customers(target_own(Output(Path(scratch))), plan.source.table(0, count))
        return (time.process_time() - started) / count


def measure_planning(request: Request, cores: int) -> dict[str, Any]:
    """Return the CPU seconds of planning, Spark's index of batches included, and the most memory it took."""
    output = Output(Path("output"))

    def make() -> int:
        plan = schedule(compile_plan(request), output, cores)
        index_batches(plan)
        list(plan.customer_ranges())
        return len(plan.batches)

    started = time.process_time()
    batches = make()
    seconds = time.process_time() - started
    tracemalloc.start()
    make()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {
        "customers": request.customers,
        "batches": batches,
        "cpu_seconds": round(seconds, 2),
        "peak_mb": round(peak / 1e6),
    }


def _by_profile(plan: Plan, values: F64) -> dict[str, float]:
    names = (profile.name for profile in plan.tables.profiles)
    return {name: round(value, 1) for name, value in zip(names, values.tolist(), strict=True)}


def format_simulation(result: dict[str, Any]) -> str:
    """Return the result as a few lines for people."""
    lines = [
        f"{result['customers']:,} customers, {result['rows']:,} rows, {result['batches']:,} batches, "
        f"{result['files']:,} files, {result['bytes'] / 1e12:.1f} TB on {result['cores']:,} cores"
    ]
    for name in ("undisturbed", "disturbed", "customers_files"):
        figures = result[name]
        lines.append(
            f"{name:>15}: {figures['makespan_seconds']:,} s, ideal {figures['ideal_seconds']:,} s, "
            f"balance {figures['balance']:.1%}, longest task {figures['longest_seconds']:,} s"
        )
    lines.append(f"{result['scan_share']:.2%} of the time goes into looking for the customers of a batch")
    for planned in result["planning"]:
        lines.append("planning {customers:,} customers: {cpu_seconds} s, {peak_mb:,} MB".format(**planned))
    return "\n".join(lines)


def _add_options(parser: ArgumentParser) -> None:
    add_number_option(parser, "--customers", 10**9)
    add_number_option(parser, "--cores", 1000)
    parser.add_argument("--noise", type=float, default=0.1, metavar="S", help="relative deviation of a batch (0.1)")
    parser.add_argument("--stragglers", type=float, default=0.01, metavar="P", help="share of slow batches (0.01)")
    parser.add_argument("--slowdown", type=float, default=3.0, metavar="X", help="times as slow as the others (3)")


def _run(options: Namespace) -> None:
    disturbance = Disturbance(options.noise, options.stragglers, options.slowdown)
    result = simulate(Request(customers=options.customers), options.cores, disturbance)
    print(format_simulation(result))
    asked = " ".join(f"--{name} {getattr(options, name)}" for name in ("customers", "cores", *vars(disturbance)))
    save(f"simulate {asked}", result, options.results)


COMMAND: Final = Command(_add_options, _run)
