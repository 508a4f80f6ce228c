"""A figure that was read from data, with its standard error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

LEAST_CUSTOMERS: Final = 20
"""By default, cells of fewer customers are merged or dropped."""

_DIGITS: Final = 6


@dataclass(frozen=True)
class Estimate:
    """A figure and its standard error; None for a figure that was not estimated but kept."""

    value: float
    error: float | None

    def to_json(self) -> dict[str, Any]:
        """Return value and error as they are written, or the value and that it was kept."""
        if self.error is None:
            return {"value": self.value, "kept": True}
        return {"value": self.value, "standard_error": round_figure(self.error)}


def round_figure(value: float) -> float:
    """Return a figure with six significant digits: more than data can show, few enough to be read."""
    return float(f"{value:.{_DIGITS}g}")
