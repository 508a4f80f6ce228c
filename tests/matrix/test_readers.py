"""Every reader of the README's table reproduces the checksums of every column of our files.

What they are is computed of the CSV form, which no Parquet library has touched.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Compile
from tests.matrix.environments import CHECKOUT
from tests.matrix.readers import READERS, Reader
from tests.matrix.reading.common import checksum
from tests.support.datasets import data_files, read_lines
from vecgen.io.schema import COLUMNS, CUSTOMER_COLUMNS, FRAUD_CASE_COLUMNS, Column
from vecgen.io.writers import COMPRESSIONS
from vecgen.plan.form import Form
from vecgen.plan.output import Output
from vecgen.plan.plan import Plan
from vecgen.run.local import run_local

pytestmark = pytest.mark.matrix

Sums = dict[str, list[int]]
_SECONDS = 900  # of a machine that is busy otherwise


@pytest.fixture(scope="module")
def datasets(plan: Plan, compile_small: Compile, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return directories to be read by what is special about them.

    `customers` are so many that dictionaries of their columns are given up half-way, and pages follow one another.
    """
    root = tmp_path_factory.mktemp("datasets")
    for compression in COMPRESSIONS:
        run_local(plan, Output(root / compression, Form(compression=compression)), 1)
    run_local(plan, Output(root / "compact", Form(encoding="compact")), 1)
    run_local(compile_small(customers=50_000), Output(root / "people"), 1, transactions=False)
    transactions = {name: root / name / "transactions" for name in (*COMPRESSIONS, "compact")}
    return {**transactions, "customers": root / "people" / "customers", "cases": root / "snappy" / "fraud_cases"}


@pytest.fixture(scope="module")
def expected(plan: Plan, compile_small: Compile, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sums]:
    """Return the checksums of the three parts, computed of their CSV form."""
    root = tmp_path_factory.mktemp("expected")
    run_local(plan, Output(root / "rows", Form("csv")), 1)
    run_local(compile_small(customers=50_000), Output(root / "people", Form("csv")), 1, transactions=False)
    rows = _sum_csv(root / "rows" / "transactions", COLUMNS)
    count, days = rows["trans_date"][0], _read_csv(root / "rows" / "transactions", COLUMNS)["trans_date"]
    keys = {
        "year": [count, sum(day.year for day in days)],
        "month": [count, sum(day.month for day in days)],
        "profile_group": rows["profile"],
    }
    return {
        "transactions": {**rows, **keys},
        "customers": _sum_csv(root / "people" / "customers", CUSTOMER_COLUMNS),
        "cases": _sum_csv(root / "rows" / "fraud_cases", FRAUD_CASE_COLUMNS),
    }


def _sum_csv(directory: Path, columns: Sequence[Column]) -> Sums:
    return {name: checksum(values) for name, values in _read_csv(directory, columns).items()}


def _read_csv(directory: Path, columns: Sequence[Column]) -> dict[str, list[Any]]:
    lines = [line for path in data_files(directory) for line in read_lines(path)[1:]]
    return {
        c.name: [_parse(text, c) for text in texts] for c, texts in zip(columns, zip(*lines, strict=True), strict=True)
    }


def _parse(text: str, column: Column) -> Any:
    if column.type == "date":
        return date.fromisoformat(text)
    if column.type == "float64":
        return Decimal(text) * 1_000_000  # whole: no column has more than six decimals
    return text if column.type == "text" else int(text)


@pytest.mark.parametrize("reader", READERS, ids=str)
def test_reader(reader: Reader, datasets: dict[str, Path], expected: dict[str, Sums]) -> None:
    wanted = ["snappy", *reader.codecs, "customers", "cases", "compact"]
    given = {name: str(datasets[name]) for name in wanted}
    if reader.iceberg:
        given |= {f"iceberg {name}": f"iceberg:{datasets[name]}" for name in ("snappy", "compact")}
    found = _run(reader, given)
    compact = [found.pop(name) for name in given if name.endswith("compact")]
    for name, sums in found.items():
        right = expected.get(name, expected["transactions"])
        if not reader.finds_partitions:
            right = {column: right[column] for column in right if column not in ("year", "month", "profile_group")}
        assert sums == right, name
    assert [sums == found["snappy"] for sums in compact] == [reader.compact] * len(compact)


def _run(reader: Reader, given: dict[str, str]) -> dict[str, Any]:
    command, variables = reader.install()
    environ = {**os.environ, **variables, "PYTHONPATH": str(CHECKOUT), "SPARK_LOCAL_IP": "127.0.0.1"}
    for name in ("SPARK_HOME", "PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON"):
        environ.pop(name, None)
    arguments = [f"{name}={path}" for name, path in given.items()]
    done = subprocess.run(
        [*command, *arguments], env=environ, check=False, capture_output=True, text=True, timeout=_SECONDS
    )
    assert done.returncode == 0, done.stderr[-3000:]
    results: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert results.keys() == given.keys()
    return results
