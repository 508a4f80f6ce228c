"""Recognises files that the original made on several cores: its forked workers draw the same numbers again.

Each worker goes on from the same state of Faker, so transaction numbers and places repeat from worker to worker, but
never within one. All of them also begin with the same state of NumPy.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from vecgen.scan.row_checks import Columns
from vecgen.scan.uniqueness import Spill, count_most, count_repeats

_SQUARE: Final = float(2_000_001**2)  # places of a square, a microdegree apart


@dataclass(frozen=True)
class RepeatedDraws:
    """At least `workers` drew the same numbers; `places` counts rows whose place from home occurred before."""

    workers: int
    places: int


def find_repeated_draws(rows: Iterable[Columns], scratch: Path) -> RepeatedDraws | None:
    """Return what shows that rows with repeated transaction numbers come from forked workers, None where nothing does.

    It does where no customer has a number twice, which a row that was copied would, and places repeat as well.

    Args:
        scratch: An empty directory for 48 bytes a row, which the caller removes.
    """
    number = 0
    directories = [scratch / name for name in ("numbers", "owners", "places")]
    for directory in directories:
        directory.mkdir()
    numbers, owners, places = (Spill(directory, "all") for directory in directories)
    for columns in rows:
        number += len(columns)
        numbers.add(columns.number)
        owners.add(np.stack([columns.number[:, 0], columns.customer], axis=1))
        places.add(np.stack([columns.lat, columns.long], axis=1).view(np.uint64))
    for spill in (numbers, owners, places):
        spill.flush()
    found = RepeatedDraws(count_most(directories[0]), count_repeats(directories[2]))
    by_chance = number**2 / 2.0 / _SQUARE
    return found if found.places > 10 * (1 + by_chance) and count_repeats(directories[1]) == 0 else None
