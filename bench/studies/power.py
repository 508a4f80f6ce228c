"""Which differences `vecgen compare` finds, at which sizes, and how often it finds one where there is none.

Pairs of datasets of a month, each of customers of its own. Of each pair one differs by one thing: figures of all its
profiles, its fraud rate, or some of its rows. No classifier takes part. False alarms are counted at stricter and at
looser levels than the command's, too, of which a few hundred pairs say more.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import vecgen
from bench.harness.command import Command, add_number_option, add_numbers_option, join
from bench.harness.results import save
from vecgen.config.loader import DEFAULT_PROFILES
from vecgen.report.comparison.compare import compare_pair
from vecgen.report.comparison.findings import Comparison
from vecgen.report.comparison.reading import Reading, read_pair
from vecgen.verify.chi_square import reject

CUSTOMERS: Final = (500, 1_500, 5_000, 15_000)
"""Whose transactions of a month are some 35,000 to a million."""
LEVELS: Final = (0.05, 0.01, 0.001)
"""Of false alarms; the last is the command's."""

_MONTH: Final = {"start": "2023-03-01", "end": "2023-03-31"}
_CATEGORY: Final = "gas_transport"
_COLUMNS: Final = (
    *("ssn", "cc_num", "acct_num", "profile", "dob", "gender", "state", "lat", "long", "merch_lat", "merch_long"),
    *("trans_date", "trans_time", "unix_time", "category", "merchant", "amt", "is_fraud"),
)

Json = dict[str, Any]
Rows = Callable[[pa.Table], pa.Table]


def measure_power(
    scratch: Path,
    customers: Sequence[int],
    seeds: int,
    alarm_customers: int,
    alarms: int,
    keep: Callable[[dict[str, Any]], None] = lambda result: None,
) -> dict[str, Any]:
    """Return how many pairs of each size and difference are found different, and of how many alike ones.

    Args:
        seeds: Pairs of each size and difference.
        alarm_customers, alarms: Size and number of the pairs that are alike.
        keep: Receives the result so far after every size.
    """
    power: dict[str, dict[str, Any]] = {name: {} for name in CHANGES}
    result = {"power": power, "alarms": _count_alarms(scratch, alarm_customers, alarms)}
    for number in customers:
        found = [_compare_all(scratch, number, seed) for seed in range(seeds)]
        for name in CHANGES:
            power[name][f"{number}"] = _sum_up([own[name] for own in found])
        keep(result)
    return result


def _count_alarms(scratch: Path, customers: int, pairs: int) -> dict[str, Any]:
    """Return in how many of some pairs that are alike a test fails, by level."""
    alike = [_compare(scratch, customers, _ALIKE, 1_000 + seed) for seed in range(pairs)]
    p_values = [[finding.p for finding in own.findings] for own in alike]
    levels = {f"{level}": sum(any(reject(own, level)) for own in p_values) for level in LEVELS}
    rows = float(np.mean([own.one.rows for own in alike]))
    return {"rows": round(rows), "pairs": pairs, "alarms": levels}


def format_power(result: Mapping[str, Any]) -> str:
    """Return the table of the README."""
    sizes = next(iter(result["power"].values()))
    rows = [f"{own['customers']:,} customers, {own['rows']:,} rows" for own in sizes.values()]
    lines = [f"| difference | {' | '.join(rows)} | found by |", "|---" * (len(rows) + 2) + "|"]
    for name, own in result["power"].items():
        shares = [f"{size['found'] / size['pairs']:.0%}" for size in own.values()]
        by = sum((Counter(size["by"]) for size in own.values()), Counter[str]())
        lines.append(f"| {name} | {' | '.join(shares)} | {', '.join(test for test, _ in by.most_common(2))} |")
    alarms = result["alarms"]
    counts = ", ".join(f"{number} at {float(level):g}" for level, number in alarms["alarms"].items())
    return "\n".join([*lines, f"false alarms in {alarms['pairs']} pairs of {alarms['rows']:,} rows: {counts}"])


def _sum_up(found: Sequence[Comparison]) -> dict[str, Any]:
    by = Counter(test for own in found for test in own.different)
    sides = [side for own in found for side in (own.one, own.other)]
    return {
        "customers": round(float(np.mean([side.customers for side in sides]))),
        "rows": round(float(np.mean([side.rows for side in sides]))),
        "pairs": len(found),
        "found": sum(not own.alike for own in found),
        "by": dict(by.most_common()),
    }


def _compare_all(scratch: Path, customers: int, seed: int) -> dict[str, Comparison]:
    return {name: _compare(scratch, customers, change, seed) for name, change in CHANGES.items()}


class _Change:
    """How one dataset of a pair differs from the other."""

    def __init__(self, profile: Callable[[Json], None] | None = None, rows: Rows | None = None, **law: Any) -> None:
        self.profile, self.rows, self.law = profile, rows, law


def _compare(scratch: Path, customers: int, change: _Change, seed: int) -> Comparison:
    one, other = (scratch / f"{side}.parquet" for side in ("one", "other"))
    _write(one, _ALIKE, customers, 2 * seed, scratch)
    _write(other, change, customers, 2 * seed + 1, scratch)
    return compare_pair(read_pair(one, other, Reading(most_rows=1)), learn=False)


def _write(path: Path, change: _Change, customers: int, seed: int, scratch: Path) -> None:
    asked: Any = {**_MONTH, **change.law, "customers": customers, "seed": seed, "columns": _COLUMNS}
    if change.profile:
        asked["profiles"] = _change_profiles(scratch / "profiles", change.profile)
    rows = vecgen.generate_transactions(text="dictionary", **asked)
    pq.write_table(change.rows(rows) if change.rows else rows, path)


def _change_profiles(directory: Path, change: Callable[[Json], None]) -> Path:
    """Return a copy of the shipped profiles in which the regular ones are changed."""
    shutil.rmtree(directory, ignore_errors=True)
    shutil.copytree(DEFAULT_PROFILES, directory)
    for path in directory.glob("*.json"):
        profile = json.loads(path.read_text(encoding="utf-8"))
        if "categories_wt" in profile and not path.name.startswith("fraud_"):
            change(profile)
            path.write_text(json.dumps(profile), encoding="utf-8")
    return directory


def _weigh_more(profile: Json) -> None:
    profile["categories_wt"][_CATEGORY] *= 1.05


def _cost_more(profile: Json) -> None:
    profile["categories_amt"][_CATEGORY]["mean"] *= 1.02


def _weigh_weekends(profile: Json) -> None:
    for day in ("saturday", "sunday"):
        profile["date_wt"]["day_of_week"][day] *= 1.05


def _move_an_hour(rows: pa.Table) -> pa.Table:
    """Return the rows with every 20th an hour later, on the same date."""
    moments = rows["unix_time"].to_numpy()
    chosen = np.arange(len(moments)) % 20 == 0
    day, second = np.divmod(moments, 86_400)
    return _set_moments(rows, day * 86_400 + np.where(chosen, (second + 3_600) % 86_400, second))


def _crowd(rows: pa.Table) -> pa.Table:
    """Return the rows with every 50th five minutes after the one before, if that is one of the same customer."""
    cards = pa.table({"card": rows["cc_num"].cast(pa.string()), "time": rows["unix_time"]})
    rows = rows.take(pc.sort_indices(cards, [("card", "ascending"), ("time", "ascending")]))
    customers, moments = rows["cc_num"].cast(pa.string()).combine_chunks(), rows["unix_time"].to_numpy().copy()
    follows = np.append(False, np.asarray(pc.equal(customers[1:], customers[:-1])))
    chosen = np.flatnonzero(follows & (np.arange(len(moments)) % 50 == 0))
    moments[chosen] = moments[chosen - 1] + 300
    return _set_moments(rows, moments)


def _set_moments(rows: pa.Table, moments: np.ndarray[Any, Any]) -> pa.Table:
    stamps = pa.array(moments).cast(pa.timestamp("s"))
    made = {"trans_date": stamps.cast(pa.date32()), "trans_time": pc.strftime(stamps, "%H:%M:%S")}
    for name, values in {**made, "unix_time": pa.array(moments)}.items():
        rows = rows.set_column(rows.column_names.index(name), name, values)
    return rows


_ALIKE: Final = _Change()
CHANGES: Final = {
    "the weight of a category 5 % larger": _Change(_weigh_more),
    "the mean amount of a category 2 % larger": _Change(_cost_more),
    "5 % of the rows an hour later": _Change(rows=_move_an_hour),
    "2 % of the rows five minutes after the one before": _Change(rows=_crowd),
    "twice as many customers defrauded (2 % for 1 %)": _Change(fraud_rate=0.02),
    "the weights of weekends 5 % larger": _Change(_weigh_weekends),
}


def _add_options(parser: ArgumentParser) -> None:
    add_numbers_option(parser, "--customers", CUSTOMERS)
    add_number_option(parser, "--seeds", 20, "pairs of each size and difference")
    add_number_option(parser, "--alarm-customers", 300, "of pairs that are alike")
    add_number_option(parser, "--alarms", 400, "pairs that are alike")


def _run(options: Namespace) -> None:
    sizes = {name: getattr(options, name) for name in ("customers", "seeds", "alarm_customers", "alarms")}

    def keep(result: dict[str, Any]) -> None:
        asked = {**sizes, "customers": join(options.customers)}
        words = [f"--{name.replace('_', '-')} {value}" for name, value in asked.items()]
        save(f"power {' '.join(words)}", result, options.results)

    with tempfile.TemporaryDirectory() as scratch:
        result = measure_power(Path(scratch), **sizes, keep=keep)
    print(format_power(result))


COMMAND: Final = Command(_add_options, _run)
