"""Tables of amounts: compiled once, read from the cache afterwards, refused beyond a gigabyte."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vecgen.errors import InputError
from vecgen.model import amounts
from vecgen.model.amounts import check_pairs, load_amounts
from vecgen.sampling.gamma import compile_amounts, limit_pairs

PAIRS = [(50.0, 20.0), (7.0, 7.0)]


def test_tables_are_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VECGEN_CACHE", str(tmp_path))
    first = load_amounts(PAIRS)

    def refuse(_: object) -> object:
        raise AssertionError("compiled again")

    monkeypatch.setattr(amounts, "check_pairs", refuse)
    second, fresh = load_amounts(PAIRS), compile_amounts(PAIRS)
    for name in ("coefficients", "below", "stretch", "slope", "cell_bits"):
        np.testing.assert_array_equal(getattr(second, name), getattr(first, name))
        np.testing.assert_array_equal(getattr(fresh, name), getattr(first, name))


def test_tables_of_more_than_a_gigabyte_are_refused() -> None:
    pairs = [(1000.0 + number, 1.0) for number in range(20_000)]
    with pytest.raises(InputError, match=r"profiles: categories_amt: got '20,000 different pairs of mean and stdev'"):
        check_pairs(pairs)
    most = limit_pairs(pairs)
    check_pairs(pairs[:most])
    with pytest.raises(InputError, match=f"expected at most {most:,} of these"):
        check_pairs(pairs[: most + 1])
