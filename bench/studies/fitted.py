"""Is data that is generated from fitted profiles like the data that they were fitted to?

A dataset is written, fitted, and generated again with another seed; `vecgen compare` sets both side by side. A second
dataset of the same profiles, also of another seed, tells what the same figures are where nothing was fitted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import vecgen
from vecgen.report.comparison.compare import compare_pair
from vecgen.report.comparison.findings import Comparison, to_json
from vecgen.report.comparison.overlays import draw_overlays
from vecgen.report.comparison.reading import read_pair

CUSTOMERS: Final = 1_200
"""Whose transactions of a year are a million."""
_FRAUD_RATE: Final = 0.9
_PICTURE: Final = "rows"


def measure_fitted(scratch: Path, customers: int, learn: int, processes: int) -> tuple[dict[str, Any], bytes]:
    """Return how a fitted dataset, and one of the same profiles, compare with the original, and a picture.

    Args:
        learn: Rows of each that learners see at most.
    """
    shared: Any = {"customers": customers, "quiet": True, "processes": processes, "partition_by": ""}
    original, fitted, again = (scratch / name for name in ("original", "fitted", "again"))
    vecgen.write_dataset(output=original, fraud_rate=_FRAUD_RATE, seed=1, **shared)
    vecgen.write_dataset(output=again, fraud_rate=_FRAUD_RATE, seed=2, **shared)
    found = vecgen.fit_dataset(original, output=scratch / "profiles", quiet=True, processes=processes)
    told = json.loads((found / "fit.json").read_text(encoding="utf-8"))["options"]
    tables: Any = {name: found / name for name in ("profiles", "demographics")}
    vecgen.write_dataset(output=fitted, seed=3, **shared, **tables, **told)
    compared = {}
    for name, other in (("fitted", fitted), ("same profiles", again)):
        pair = read_pair(original, other, processes, most_rows=learn)
        compared[name] = pair, compare_pair(pair)
    charts = draw_overlays(*compared["fitted"])
    picture = next(chart.png for chart in charts if chart.name == _PICTURE)
    return {name: _summarise(comparison) for name, (_, comparison) in compared.items()}, picture


def _summarise(comparison: Comparison) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(to_json(comparison))
    for side in ("one", "other"):
        found[side].pop("directory")
    return found


def format_fitted(result: Mapping[str, Any]) -> str:
    """Return the table of the README."""
    lines = ["| compared with the original | rows | tests failed | classifier | fraud model, precision lost |"]
    lines.append("|---|---|---|---|---|")
    for name, own in result.items():
        rows = own["other"]["rows"]
        failed = sum(finding["verdict"] == "different" for finding in own["findings"])
        parting, transfer = own["parting"], own["transfer"]
        area = f"{parting['auc']:.4f} [{parting['low']:.4f}, {parting['high']:.4f}]"
        lost = _spell_loss(**transfer) if transfer else "too little fraud"
        cells = [name, f"{rows:,}", f"{failed} of {len(own['findings'])}", area, lost]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _spell_loss(at_home: float, from_other: float, error: float) -> str:
    return f"{1.0 - from_other / at_home:.2%} ± {1.96 * error / at_home:.2%}"
