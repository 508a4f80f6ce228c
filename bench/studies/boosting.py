"""How close a tuned gradient boosting comes to the ceiling: with features of one row, and of the customer's day."""

from __future__ import annotations

import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.harness.command import Command, add_number_option
from bench.harness.results import save
from bench.studies.compare import scratch_directory
from bench.studies.verification import run_vecgen
from vecgen.config.loader import DEFAULT_PROFILES, load_profiles
from vecgen.config.merchants import CATEGORIES
from vecgen.config.profile import SUFFIX
from vecgen.sampling.arrays import F64, I64, Bools

CUSTOMERS: Final = 240
"""Of each sample, whose transactions of a year are some 200,000."""
SETTINGS: Final[dict[str, list[str]]] = {
    "sparkov": [],
    "stealth 0.5": ["--fraud-stealth", "0.5"],
    "eight types": [
        "--fraud-types",
        "account_takeover=1,authorised_scam=1,bust_out=1,card_not_present=1,card_testing=1,"
        "counterfeit=1,friendly_fraud=1,lost_or_stolen_card=1",
    ],
}
_COLUMNS: Final = (
    "customer_id", "unix_time", "category", "amt", "lat", "long", "merch_lat", "merch_long", "profile", "is_fraud",
    "fraud_probability", "day_fraud_probability",
)  # fmt: skip
_GRID: Final = {"learning_rate": (0.03, 0.1), "max_leaf_nodes": (8, 31), "l2_regularization": (0.0, 10.0)}
_CATEGORIES: Final = (0, 1)  # places of the features that have no order
_DAY: Final = 86_400
_BLOCKS: Final = 64
"""Parts of the customers, each of which is left out once."""


def measure_boosting(scratch: Path, customers: int, fraud_rate: float) -> dict[str, Any]:
    """Return, for each setting and view, average precision of model and ceiling on customers that no model has seen.

    Raises:
        RunError: A command that failed.
    """
    shared = ["--customers", str(customers), "--fraud-rate", str(fraud_rate)]
    return {name: dict(_compare(scratch, [*shared, *options])) for name, options in SETTINGS.items()}


def format_boosting(result: Mapping[str, Any]) -> str:
    """Return the table of the README."""
    head = "| fraud | features of | rows | frauds | model | ceiling | model less ceiling |"
    lines = [head, "|---|---|---|---|---|---|---|"]
    for setting, views in result.items():
        for view, own in views.items():
            figures = " | ".join(f"{own[name]:.3f}" for name in ("model", "ceiling"))
            gap = f"{own['gap']:.3f} ± {1.96 * own['gap_error']:.3f}"
            lines.append(f"| {setting} | {view} | {own['rows']:,} | {own['frauds']:,} | {figures} | {gap} |")
    return "\n".join(lines)


def _compare(scratch: Path, options: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    training, choosing, testing = (_draw(scratch, [*options, "--seed", seed]) for seed in "123")
    for view, column in (("one row", "fraud_probability"), ("a day", "day_fraud_probability")):
        features = [_make_features(rows, whole_day=view == "a day") for rows in (training, choosing, testing)]
        labels = [_numbers(rows, "is_fraud") == 1 for rows in (training, choosing, testing)]
        found, chosen = _tune(features[:2], labels[:2])
        block = _numbers(testing, "customer_id").astype(np.int64) % _BLOCKS
        scores = found.predict_proba(features[2])[:, 1], _numbers(testing, column)
        figures = _hold_against(*scores, labels[2], block)
        yield view, {"rows": len(labels[2]), "frauds": int(labels[2].sum()), "chosen": chosen, **figures}


def _draw(scratch: Path, options: list[str]) -> pa.Table:
    with scratch_directory(scratch) as directory:
        output = directory / "output"
        asked = [*options, "--columns", ",".join(_COLUMNS), "--partition-by", "", "--output", str(output), "--quiet"]
        run_vecgen(["generate", *asked], directory, directory / "log")
        rows = pq.read_table(output / "transactions")
    return rows.sort_by([("customer_id", "ascending"), ("unix_time", "ascending")])


def _numbers(rows: pa.Table, name: str) -> F64:
    return np.asarray(rows.column(name).to_numpy(), dtype=np.float64)


def _make_features(rows: pa.Table, *, whole_day: bool) -> F64:
    """Return what a model sees of each row; `whole_day`: of the other rows of its customer's day, too."""
    time, amount = _numbers(rows, "unix_time").astype(np.int64), np.log(_numbers(rows, "amt"))
    north, east = (_numbers(rows, f"merch_{axis}") - _numbers(rows, axis) for axis in ("lat", "long"))
    known = {"category": CATEGORIES, "profile": [f"{name}{SUFFIX}" for name in load_profiles(DEFAULT_PROFILES).names]}
    codes = [pc.index_in(rows.column(name).cast("string"), pa.array(names)).to_numpy() for name, names in known.items()]
    day = time // _DAY
    own = [*codes, time % _DAY, (day + 3) % 7, day - day.min(), amount, north, east]
    if whole_day:
        days = _numbers(rows, "customer_id").astype(np.int64) * (day.max() + 1) + day
        own += _describe_days(days, time, [amount, north, east])
    return np.column_stack([np.asarray(column, dtype=np.float64) for column in own])


def _describe_days(days: I64, time: I64, values: list[F64]) -> list[F64]:
    """Return, for each row in the order of days and time, what its day looks like."""
    starts = np.flatnonzero(np.append(True, days[1:] != days[:-1]))
    sizes = np.diff(np.append(starts, len(days)))
    second = (time % _DAY).astype(np.float64)
    night = ((second < 4 * 3600) | (second >= 22 * 3600)).astype(np.float64)
    out = [sizes.astype(np.float64)]
    for own in (*values, second, night):
        out.append(np.add.reduceat(own, starts) / sizes)
        out += [extreme.reduceat(own, starts) for extreme in (np.minimum, np.maximum)]
    spread = [column.repeat(sizes) for column in out]
    gaps = np.where(days[1:] == days[:-1], np.diff(time), _DAY).astype(np.float64)
    return [*spread, np.append(_DAY, gaps), np.append(gaps, _DAY)]


def _tune(features: list[F64], labels: list[Bools]) -> tuple[Any, dict[str, float]]:
    """Return the model of the first sample that ranks the second best, and its settings."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import average_precision_score

    best: tuple[float, Any, dict[str, float]] = (-1.0, None, {})
    for values in product(*_GRID.values()):
        chosen = dict(zip(_GRID, values, strict=True))
        model = HistGradientBoostingClassifier(
            max_iter=400, early_stopping=True, categorical_features=list(_CATEGORIES), random_state=0, **chosen
        ).fit(features[0], labels[0])
        score = float(average_precision_score(labels[1], model.predict_proba(features[1])[:, 1]))
        best = max(best, (score, model, chosen), key=lambda tried: tried[0])
    return best[1], best[2]


def _hold_against(model: F64, ceiling: F64, labels: Bools, block: I64) -> dict[str, float]:
    """Return average precisions and their difference with its error, by leaving out each block of customers."""
    from sklearn.metrics import average_precision_score

    def measure(kept: Bools) -> tuple[float, float]:
        found, best = (float(average_precision_score(labels[kept], own[kept])) for own in (model, ceiling))
        return found, best

    found, best = measure(block >= 0)
    left_out = [np.subtract(*measure(block != number)) for number in np.unique(block)]
    error = float(np.sqrt(np.var(left_out) * (len(left_out) - 1)))
    return {"model": found, "ceiling": best, "gap": found - best, "gap_error": error}


def _add_options(parser: ArgumentParser) -> None:
    add_number_option(parser, "--customers", CUSTOMERS)
    parser.add_argument("--fraud-rate", type=float, default=0.5, metavar="P", help="(0.5)")


def _run(options: Namespace) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        result = measure_boosting(Path(scratch), options.customers, options.fraud_rate)
    save("boosting", {"fraud_rate": options.fraud_rate, **result}, options.results)
    print(format_boosting(result))


COMMAND: Final = Command(_add_options, _run)
