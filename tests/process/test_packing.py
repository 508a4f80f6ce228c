"""Objects in one piece of memory: what comes back is what went in, and its arrays are read where they lie."""

from __future__ import annotations

import mmap
import tempfile

import numpy as np
import pytest

from vecgen.process.packing import pack, unpack

ARRAYS: dict[str, np.ndarray] = {
    "whole": np.arange(5, dtype=np.int16),
    "rows": np.linspace(0.0, 1.0, 12).reshape(3, 4),
    "columns": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "steps": np.arange(100)[::7],
    "none": np.empty(0),
}


def test_what_is_packed_comes_back_with_arrays_that_nobody_can_change() -> None:
    text, number, arrays = unpack(memoryview(b"".join(pack(("text", 7, ARRAYS)))))
    assert (text, number) == ("text", 7)
    for name, expected in ARRAYS.items():
        assert arrays[name].dtype == expected.dtype
        assert arrays[name].tolist() == expected.tolist()
    assert arrays["columns"].flags.f_contiguous
    with pytest.raises(ValueError, match="read-only"):
        arrays["rows"][0, 0] = 1.0


def test_arrays_are_read_where_they_lie_once_the_file_is_closed() -> None:
    with tempfile.TemporaryFile() as file:
        file.writelines(pack(ARRAYS))
        file.flush()
        found = unpack(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    assert [found[name].ctypes.data % 64 for name in ("whole", "rows")] == [0, 0]
    assert not found["rows"].flags.owndata
    assert found["rows"].sum() == pytest.approx(6.0)
