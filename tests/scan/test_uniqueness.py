from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecgen.errors import OutputError
from vecgen.scan import uniqueness
from vecgen.scan.uniqueness import Spill, count_repeats

pairs = st.tuples(st.integers(0, 600), st.integers(0, 2))


@given(st.lists(st.lists(pairs, max_size=40), max_size=4))
def test_repeats_are_counted_across_processes(
    tmp_path_factory: pytest.TempPathFactory, parts: list[list[tuple[int, int]]]
) -> None:
    directory = tmp_path_factory.mktemp("scratch")
    for name, values in enumerate(parts):
        spill = Spill(directory, str(name))
        for value in values:
            spill.add(np.array([value], dtype=np.uint64))
        spill.flush()
    everything = [value for values in parts for value in values]
    assert count_repeats(directory) == len(everything) - len(set(everything))


def test_values_leave_memory_before_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uniqueness, "_HELD", 10)
    spill = Spill(tmp_path, "a")
    spill.add(np.ones((9, 2), dtype=np.uint64))
    assert list(tmp_path.iterdir()) == []
    spill.add(np.ones((1, 2), dtype=np.uint64))
    assert [path.stat().st_size for path in tmp_path.iterdir()] == [160]


def test_a_scratch_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    spill = Spill(tmp_path / "none", "a")
    spill.add(np.ones((1, 2), dtype=np.uint64))
    with pytest.raises(OutputError, match=r"scratch cannot be written .*; set TMPDIR to a directory"):
        spill.flush()
