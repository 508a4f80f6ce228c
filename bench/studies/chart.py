"""The comparison as a picture: one bar per contender on a logarithmic axis."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

COLOURS: Final = {"ours": "#1f6f8b", "peer": "#a8b5ba", "reference": "#d98c5f", "limit": "#dfe5e7"}
KINDS: Final = {"ours": "vecgen", "peer": "other generators", "reference": "the original's way", "limit": "upper bound"}


def draw_chart(result: Mapping[str, Any], path: Path) -> None:
    """Draw the speeds of a comparison into a PNG file.

    Raises:
        ImportError: Matplotlib is not installed.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    entries = [entry for entry in result["contenders"].values() if entry["runs"]]
    entries.sort(key=lambda entry: float(entry["rows_per_second_and_core"]))
    speeds = [entry["rows_per_second_and_core"] for entry in entries]
    figure = Figure(figsize=(9, 0.42 * len(entries) + 1.4), dpi=120, layout="constrained")
    axes = figure.subplots()
    bars = axes.barh([entry["label"] for entry in entries], speeds, color=[COLOURS[entry["kind"]] for entry in entries])
    axes.bar_label(bars, [_describe(entry) for entry in entries], padding=4, fontsize=9)
    axes.set_xscale("log")
    axes.set_xlim(min(speeds) / 2, max(speeds) * 8)  # room for the labels
    axes.set_xlabel("rows per second and core (CPU time, logarithmic)")
    axes.spines[["top", "right"]].set_visible(False)
    shown = {entry["kind"] for entry in entries}
    patches = [Patch(color=COLOURS[kind], label=name) for kind, name in KINDS.items() if kind in shown]
    axes.legend(handles=patches, loc="lower right", frameon=False, fontsize=9)
    figure.savefig(path)


def _describe(entry: Mapping[str, Any]) -> str:
    speed = float(entry["rows_per_second_and_core"])
    text = f"{speed / 1e6:.2f} M" if speed >= 1e6 else f"{speed / 1e3:.0f} k"
    return f"{text}  ({entry['times_baseline']:.1f} x)" if "times_baseline" in entry else text
