"""Drift: how much more often fraud of a type starts on some dates than on others."""

from __future__ import annotations

from datetime import date

import numpy as np

from vecgen.model.fraud.fraud_type import FraudType
from vecgen.sampling.arrays import F64


def weigh_starts(kind: FraudType, first: date, days: int) -> F64:
    """Return the weight of windows that start on each of `days` dates from `first` on, 1 unless the type says it."""
    weights = np.ones(days)
    for month, weight in kind.months:
        weights[max(0, (month - first).days) :] = weight
    return weights
