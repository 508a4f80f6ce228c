"""Quantile tables of amounts, compiled with SciPy once and then kept."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from vecgen.config.cache import Array, load_or_make, pack_json, read_package_files, read_sources, unpack_json
from vecgen.errors import InputError
from vecgen.sampling.gamma import AmountTables, compile_amounts, limit_pairs

_ARRAYS: Final = ("coefficients", "below", "stretch", "slope")


def load_amounts(distributions: Sequence[tuple[float, float]]) -> AmountTables:
    """Return `compile_amounts(distributions)`, from the cache where the same SciPy and NumPy compiled them before.

    Raises:
        InputError: So many pairs that the tables would take more than a gigabyte.
    """

    def read_origin() -> list[bytes]:
        versions = f"{np.__version__} {sys.byteorder} {platform.machine()}".encode()
        scipy = read_package_files("scipy", ["version.py"])
        return [
            np.array(distributions, dtype=np.float64).tobytes(),
            versions,
            *scipy,
            *read_sources(__name__, compile_amounts.__module__),
        ]

    def make() -> AmountTables:
        check_pairs(distributions)
        return compile_amounts(distributions)

    return load_or_make("amounts", read_origin, make, _pack, _unpack)


def check_pairs(distributions: Sequence[tuple[float, float]]) -> None:
    """Accept (mean, stdev) pairs whose tables take at most a gigabyte.

    Raises:
        InputError: There are more.
    """
    most = limit_pairs(distributions)
    if len(distributions) > most:
        found = f"{len(distributions):,} different pairs of mean and stdev"
        remedy = "let categories or profiles share some; tables of large stdev * stdev / mean take more room"
        raise InputError("profiles", "categories_amt", found, f"at most {most:,} of these", remedy)


def _pack(tables: AmountTables) -> dict[str, Array]:
    return {**{name: getattr(tables, name) for name in _ARRAYS}, "cell_bits": pack_json(tables.cell_bits)}


def _unpack(arrays: Mapping[str, Array]) -> AmountTables:
    return AmountTables(**{name: arrays[name] for name in _ARRAYS}, cell_bits=unpack_json(arrays["cell_bits"]))
