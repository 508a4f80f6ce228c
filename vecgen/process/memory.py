"""Memory of a process: what it frees is kept and reused, by one allocator for all libraries; pandas stays out."""

from __future__ import annotations

import ctypes
import platform
import sys
from typing import Final

import pyarrow as pa

# Parameters of mallopt(3).
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
_LARGEST_KEPT: Final = 32 * 1024 * 1024  # the most that every glibc accepts as threshold
_KEPT_AT_END: Final = 512 * 1024 * 1024


def keep_freed_memory() -> None:
    """Let this process reuse the memory it frees instead of returning it to the system; a no-op without glibc.

    NumPy's temporaries come and go with every batch. By default each of more than 128 KiB is mapped afresh, zeroed page
    by page and unmapped: 415 to 465 ns a row for a local run, 390 to 400 with this. Arrow joins in, whose own allocator
    gives buffers of some MB back as well: CSV 1,260 to 1,720 ns a row, 1,150 to 1,400 with the C library's.
    """
    if platform.libc_ver()[0] == "glibc":
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_MMAP_THRESHOLD, _LARGEST_KEPT)
        mallopt(_TRIM_THRESHOLD, _KEPT_AT_END)
        mallopt(_TOP_PAD, _LARGEST_KEPT)
        pa.set_memory_pool(pa.system_memory_pool())


class _NoPandas:
    """A finder of modules by which pandas is not installed."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        """Refuse pandas; leave all else to the other finders."""
        if name == "pandas":
            raise ModuleNotFoundError(name)


def leave_pandas_out() -> None:
    """Keep PyArrow from importing pandas with its first array: nothing here needs what takes 0.15 s and 40 MB.

    For processes of vecgen's own: PyArrow remembers, and converts nothing to pandas in the same process later.
    """
    if "pandas" not in sys.modules:
        sys.meta_path.insert(0, _NoPandas())
        try:
            pa.array([])
        finally:
            del sys.meta_path[0]
