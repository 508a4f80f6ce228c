"""The archive of the code: a function of the code, and all that a task imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pyspark")

from vecgen.spark.cluster.code import pack


def test_an_archive_is_a_function_of_the_code(tmp_path: Path) -> None:
    names = pack(tmp_path / "a.zip")
    assert pack(tmp_path / "b.zip") == names == sorted(names)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert {"vecgen/__init__.py", "vecgen/spark/source/parts.py"} <= set(names)


def test_the_code_is_imported_from_the_archive(tmp_path: Path) -> None:
    pack(tmp_path / "a.zip")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'a.zip')!r}); import vecgen.run.work as w; print(w.__file__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == str(tmp_path / "a.zip" / "vecgen" / "run" / "work.py")
