"""Figures of the README are those of the raw results, or of the rows that a seed gives."""

from __future__ import annotations

import json
import re
from typing import Any

import vecgen
from bench.harness.results import RESULTS
from bench.studies.ceiling import format_ceilings
from bench.studies.fitted import format_fitted
from tests.support.checkout import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PROSE = " ".join(README.split())
FRAUDS = re.compile(r"^\| ([\d.]+)[^|]*\| ([\d,]+) \(([\d.]+) %\) \| ([\d,]+) \(([\d.]+) %\) \|$", re.M)


def load(name: str) -> Any:
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))["result"]


def test_the_speeds_are_those_that_were_measured() -> None:
    contenders = {name: own for name, own in load("compare")["contenders"].items() if own["runs"]}
    lines = []
    for own in contenders.values():
        memory = f"{own['peak_python_mb']:.0f} MB" if own["peak_python_mb"] else "-"
        speeds = f"{own['rows_per_second_and_core']:,.0f} | {own['mb_per_second_and_core']:.0f} | {memory}"
        lines.append(f"| {own['label']} | {own['rows'] / 1e6:.1f} M | {speeds} | {own['times_baseline']:.1f} |")
    assert [line for line in lines if line not in README] == []
    assert len(lines) == 11
    local, spark, peer = (contenders[name] for name in ("local_snappy", "spark_files", "dbldatagen"))
    ours, sparks, theirs = (f"{own['rows_per_second_and_core']:,.0f}" for own in (local, spark, peer))
    assert f"| {ours} (Spark: {sparks}) | 60,500 | {theirs} |" in README


def test_times_and_memory_of_large_runs_are_those_that_were_measured() -> None:
    spark = load("compare_300m")["contenders"]["spark_files"]
    assert f"took Spark {spark['runs'][0]['wall_seconds']:.0f} seconds" in PROSE
    assert f"300 million rows, {spark['bytes'] / 1e9:.0f} GB" in PROSE
    assert f"largest Python process {spark['peak_python_mb']} MB" in PROSE
    starts = load("start")["50000 customers"]
    seconds = [f"{starts[name]['wall_seconds']:.1f}" for name in ("generate", "spark")]
    assert "`vecgen generate` took {} seconds and `./run_spark_datagen.sh` {}".format(*seconds) in PROSE
    told = "a run has {} % of the speed it has without, with eight fraud types {} %; "
    told += "with 20,000 customers {} and {} %, with 80,000 customers {} and {} %"
    speeds = [load("start")[f"{n} customers"] for n in (5_000, 20_000, 80_000)]
    shares = [
        f"{own['generate']['cpu_seconds'] / own[name]['cpu_seconds']:.0%}".rstrip("%")
        for own in speeds
        for name in ("probability", "typed-probability")
    ]
    assert told.format(*shares) in PROSE
    assert f"100 million rows in {load('verify')['100000000']['wall_seconds']:.0f} seconds on two cores" in PROSE
    fit = load("reading_100m")["fit"]
    told = "100 million transactions in Parquet take {:.0f} seconds on two cores, and {:.0f} MB in the largest process"
    assert told.format(fit["wall_seconds"], fit["peak_python_mb"]) in PROSE
    points = load("common-points")
    found = [(own["found_first"], own["compromised"]) for own in (points["50000"], points["10000"])]
    told = "{} of the {} compromised ones of a year come first among {:,} merchants and months with 50,000 customers"
    assert told.format(*found[0], points["50000"]["merchants_and_months"]) in PROSE
    assert "{} of {} with 10,000 (fraud rate 0.01".format(*found[1]) in PROSE
    simulated = load("simulate")
    balance = [f"{simulated[name]['balance']:.0%}".replace("%", " %") for name in ("undisturbed", "disturbed")]
    assert "minutes, {} of the time; {} with 1 % of batches three times as slow".format(*balance) in PROSE


def test_sizes_of_files_are_those_that_were_measured() -> None:
    size = {name: own["bytes_a_row"] for name, own in load("sizes").items()}
    snappy, zstd, csv = (f"{size[name]:.0f}" for name in ("snappy", "zstd", "csv"))
    assert f"a row takes {snappy} bytes, with `--compression zstd` {zstd}, as CSV {csv} (" in PROSE
    assert f"`compact`, {100 * (1 - size['snappy, compact'] / size['snappy']):.0f} % smaller," in PROSE


def test_tables_of_the_studies_are_those_that_were_printed() -> None:
    assert format_fitted(load("fitted")) in README
    assert format_ceilings(load("ceiling")["rate"]) in README
    gaps: dict[str, list[float]] = {"one row": [], "a day": []}
    for views in load("boosting").values():
        for view in gaps if isinstance(views, dict) else ():
            gaps[view].append(-views[view]["gap"])
    row, day = (f"by {min(own):.2f} to {max(own):.2f} with" for own in gaps.values())
    assert f"{row} the features of one row, {day} those of a" in PROSE


def count_frauds(rate: float, days: int) -> tuple[int, int]:
    """Return how many transactions of the default dataset are fraudulent, and how many were dropped for them."""
    cases = vecgen.generate_fraud_cases(customers=1000, fraud_rate=rate, fraud_days=days)
    frauds, dropped = (sum(cases[name].to_pylist()) for name in ("frauds", "dropped"))
    return frauds, dropped


def test_the_table_of_fraud_rates_is_what_the_default_seed_gives() -> None:
    stated = re.findall(r"1,000 customers, ([\d,]+) transactions, 9 fraud cases", README)[0]
    frauds, dropped = count_frauds(0.01, 1)
    honest = int(stated.replace(",", "")) - frauds + dropped
    lines = FRAUDS.findall(README)
    assert len(lines) == 5
    for rate, *cells in lines:
        for days, number, share in ((1, *cells[:2]), (7, *cells[2:])):
            frauds, dropped = count_frauds(float(rate), days)
            assert (number, share) == (f"{frauds:,}", f"{100 * frauds / (honest - dropped + frauds):.3f}")
