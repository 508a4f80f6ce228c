"""Schedules: every customer in one batch, even work, full files, bounded memory, and estimates that hold."""

from __future__ import annotations

import itertools
import statistics
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from vecgen.model.params import ModelParameters, Period
from vecgen.plan.form import Form
from vecgen.plan.output import Output
from vecgen.plan.plan import Plan, compile_plan
from vecgen.plan.request import Request
from vecgen.plan.schedule import choose_processes, describe_estimate, estimate, schedule
from vecgen.plan.selection import Selection
from vecgen.run.local import run_local

GIGABYTE = 10**9


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Return the plan of a million customers; nothing of them is drawn but a sample."""
    return compile_plan(Request(customers=1_000_000))


@pytest.mark.parametrize("cores", [1, 2, 16, 1000])
def test_batches_of_a_profile_cover_all_ids_once(plan: Plan, cores: int) -> None:
    batches = schedule(plan, Output(Path("out")), cores).batches
    for profile in {batch.profile for batch in batches}:
        own = sorted((b.first, b.last) for b in batches if b.profile == profile)
        assert own[0][0] == 0
        assert own[-1][1] == 1_000_000
        assert all(before[1] == after[0] for before, after in itertools.pairwise(own))


@pytest.mark.parametrize("cores", [2, 16])
def test_longest_first_leaves_cores_evenly_busy(plan: Plan, cores: int) -> None:
    batches = schedule(plan, Output(Path("out")), cores).batches
    assert [b.rows for b in batches] == sorted((b.rows for b in batches), reverse=True)
    loads = [0] * cores
    for batch in batches:
        loads[loads.index(min(loads))] += batch.rows
    assert max(loads) <= 1.1 * sum(loads) / cores


def test_schedule_does_not_touch_the_content(plan: Plan) -> None:
    scheduled = schedule(plan, Output(Path("out")), 7)
    assert scheduled.fingerprint == plan.fingerprint
    assert abs(scheduled.rows - plan.rows) <= len(scheduled.batches) + len(plan.batches)  # rounding of expectations


@pytest.mark.parametrize(("years", "customers"), [(1, 1), (50, 1), (50, 10**6), (1, 10**9)])
def test_a_worker_stays_below_a_gigabyte(years: int, customers: int) -> None:
    law = ModelParameters(Period(date(2000, 1, 1), date(1999 + years, 12, 31)))
    plan = compile_plan(Request(customers=customers, law=law))
    assert estimate(plan, Output(Path("out")), 2).memory_per_worker < GIGABYTE


def test_files_come_out_near_the_limit_where_there_are_rows_enough(plan: Plan) -> None:
    expected = estimate(plan, Output(Path("out"), Form(max_file_size=32 * 2**20)), 2)
    assert 20 * 2**20 < expected.bytes / expected.files <= 32 * 2**20


def test_estimate_holds(tmp_path: Path) -> None:
    plan = compile_plan(Request(customers=2000))
    output = Output(tmp_path / "out")
    expected = estimate(plan, output, 1)
    written = run_local(plan, output, 1).parts["transactions"]
    assert expected.rows == pytest.approx(written.rows, rel=0.05)
    assert expected.bytes == pytest.approx(written.bytes, rel=0.2)
    assert expected.files == written.files
    sizes = [path.stat().st_size for path in (tmp_path / "out" / "transactions").rglob("*.parquet")]
    assert expected.median_file == pytest.approx(statistics.median(sizes), abs=300_000)  # of footers and dictionaries
    assert f"{expected.rows:,}" in describe_estimate(expected)


@pytest.mark.parametrize(("rows", "processes"), [(0, 1), (865_000, 1), (2_500_000, 2), (1e9, 4)])
def test_a_process_more_has_work_enough_to_pay_for_its_start(rows: float, processes: int) -> None:
    assert choose_processes(rows, 4) == processes


def test_small_batches_cost_time_by_their_number() -> None:
    plan = compile_plan(Request(customers=1000))
    few, many = (estimate(plan, Output(Path("out"), selection=Selection(batch_rows=rows)), 2) for rows in (None, 300))
    assert few.rows == pytest.approx(many.rows, rel=0.01)
    assert 1 < few.seconds < 5
    assert many.seconds > 20
    assert many.files > 30_000


def test_no_rows_no_batches_to_choke_on(tmp_path: Path) -> None:
    law = ModelParameters(Period(date(2023, 1, 1), date(2023, 1, 1)), fraud_rate=0.0)
    plan = compile_plan(Request(customers=3, law=law))
    assert estimate(plan, Output(tmp_path), 2).rows == 0
    receipt = run_local(replace(plan), Output(tmp_path / "out"), 1)
    assert "transactions" not in receipt.parts
