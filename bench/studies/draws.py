"""How fast one core draws, with nothing assembled or written: transactions of all profiles, and customers.

`python -m bench.studies.draws --rows N --output DIR` times about N transactions and leaves the seconds in DIR.
"""

from __future__ import annotations

import json
import statistics
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.contenders.commands import customers_for
from bench.harness.command import Command, add_number_option, add_repeats_option
from bench.harness.results import save
from bench.harness.stopwatch import parse_section
from bench.harness.written import OutputKeywords, save_section
from vecgen.model.tables import ProfileTables
from vecgen.model.transaction_dates import Customers, draw_calendar
from vecgen.model.transactions import draw_rows
from vecgen.plan.customer_source import DrawnCustomers, locate_customers
from vecgen.plan.plan import Plan, compile_plan
from vecgen.plan.request import Request

TRANSACTION_CUSTOMERS = 5_000
CUSTOMERS = 100_000
MONTHS = 12


def measure_draws(repeats: int, customers: int, people: int) -> dict[str, Any]:
    """Return rows and customers per second of CPU time on one core: the median of `repeats` runs, and each of them."""
    plan = compile_plan(Request(customers=customers))
    located = locate_all(plan)
    return {
        "transactions": _measure(lambda: draw_for(plan, located), repeats),
        "customers": _measure(lambda: draw_customers(plan, people), repeats),
    }


def draw_transactions(plan: Plan) -> int:
    """Draw all transactions of a plan month by month, as the files path does, and return their number."""
    return draw_for(plan, locate_all(plan))


def locate_all(plan: Plan) -> list[tuple[ProfileTables, Customers]]:
    """Return what transactions need to know of a plan's customers, by batch."""
    tables = ((batch, plan.source.table(batch.first, batch.last, batch.profile)) for batch in plan.batches)
    return [(plan.tables.profiles[batch.profile], locate_customers(table)) for batch, table in tables]


def draw_for(plan: Plan, customers: list[tuple[ProfileTables, Customers]]) -> int:
    """Draw all transactions of customers that are known already, and return their number."""
    rows = 0
    for profile, people in customers:
        calendar = draw_calendar(plan.tables, profile, people)
        months = np.array_split(np.arange(plan.tables.law.period.days), MONTHS)
        for days in months:
            rows += sum(len(part) for part in draw_rows(plan.tables, calendar, range(days[0], days[-1] + 1)))
    return rows


def draw_customers(plan: Plan, count: int) -> int:
    """Draw and assemble customers, all columns, and return their number."""
    assert isinstance(plan.source, DrawnCustomers)
    return int(plan.source.table(0, count).num_rows)


def run_section(rows: int, output: Path) -> None:
    """Time the draws of about `rows` transactions and leave the seconds in `output`."""
    plan = compile_plan(Request(customers=customers_for(rows)))
    draw_transactions(compile_plan(Request(customers=100)))  # first touches: imports, tables, memory
    wall, cpu = time.perf_counter(), time.process_time()
    drawn = draw_transactions(plan)
    save_section(output, OutputKeywords(drawn, 0, time.process_time() - cpu, time.perf_counter() - wall))


def _measure(run: Callable[[], int], repeats: int) -> dict[str, Any]:
    run()  # first touches: imports, tables, memory
    rates = []
    for _ in range(repeats):
        started = time.process_time()
        count = run()
        rates.append(count / (time.process_time() - started))
    return {"count": count, "per_second": round(statistics.median(rates)), "runs": [round(rate) for rate in rates]}


def _add_options(parser: ArgumentParser) -> None:
    add_number_option(parser, "--customers", TRANSACTION_CUSTOMERS, "whose transactions are drawn")
    add_number_option(parser, "--people", CUSTOMERS, "customers drawn")
    add_repeats_option(parser)


def _run(options: Namespace) -> None:
    result = measure_draws(options.repeats, options.customers, options.people)
    print(json.dumps(result, indent=2))
    save("draws", result, options.results)


COMMAND: Final = Command(_add_options, _run)


if __name__ == "__main__":
    run_section(*parse_section("bench.studies.draws"))
