"""Memory that a worker frees: kept for reuse, by the C library's allocator alone."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="nothing is set without glibc")
def test_arrow_joins_the_allocator_of_the_c_library() -> None:
    code = (
        "import pyarrow as pa; from vecgen.process.memory import keep_freed_memory as keep; keep(); "
        "print(pa.default_memory_pool().backend_name)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout == "system\n"


def test_nothing_is_set_without_glibc() -> None:
    code = (
        "import platform; platform.libc_ver = lambda: ('', '')\n"
        "import pyarrow as pa; before = pa.default_memory_pool().backend_name\n"
        "from vecgen.process.memory import keep_freed_memory as keep; keep()\n"
        "print(pa.default_memory_pool().backend_name == before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout == "True\n"
