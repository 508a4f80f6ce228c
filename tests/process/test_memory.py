"""Memory of a process: what a worker frees is kept for reuse by one allocator; pandas stays out."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

SMALL = "['generate', '--quiet', '--customers', '20', '--end', '2023-01-31', '--processes', '1', '--output', {}]"


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True).stdout


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="nothing is set without glibc")
def test_arrow_joins_the_allocator_of_the_c_library() -> None:
    code = (
        "import pyarrow as pa; from vecgen.process.memory import keep_freed_memory as keep; keep(); "
        "print(pa.default_memory_pool().backend_name)"
    )
    assert run(code) == "system\n"


def test_nothing_is_set_without_glibc() -> None:
    code = (
        "import platform; platform.libc_ver = lambda: ('', '')\n"
        "import pyarrow as pa; before = pa.default_memory_pool().backend_name\n"
        "from vecgen.process.memory import keep_freed_memory as keep; keep()\n"
        "print(pa.default_memory_pool().backend_name == before)"
    )
    assert run(code) == "True\n"


def test_a_command_imports_neither_pandas_nor_what_only_reading_needs(tmp_path: Path) -> None:
    code = (
        f"import sys; sys.argv = ['vecgen', *{SMALL.format(repr(str(tmp_path / 'cards')))}]\n"
        "from vecgen.cli.main import main\n"
        "assert main() == 0\n"
        "print(*sorted({'pandas', 'vecgen.report.build', 'vecgen.verify.verify', 'numpy'} & set(sys.modules)))"
    )
    assert run(code) == "numpy\n"


def test_a_caller_of_the_command_keeps_pandas(tmp_path: Path) -> None:
    code = (
        "import pyarrow; from vecgen.cli.main import main\n"
        f"assert main({SMALL.format(repr(str(tmp_path / 'cards')))}) == 0\n"
        "print(pyarrow.array([1, 2]).to_pandas().sum())"
    )
    assert run(code) == "3\n"


def test_pandas_that_is_there_stays() -> None:
    code = (
        "import pandas, pyarrow; from vecgen.process.memory import leave_pandas_out; leave_pandas_out()\n"
        "print(pyarrow.array([1, 2]).to_pandas().sum())"
    )
    assert run(code) == "3\n"
