"""Listed customers in a file that all tasks read: the same customers as in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pyspark")

from tests.conftest import Compile
from vecgen.plan.output import Output
from vecgen.records.receipt import Receipt
from vecgen.run.run import open_run
from vecgen.spark.stored import StoredCustomers, store_customers


def test_stored_customers_are_those_that_were_listed(
    compile_small: Compile, parquet: tuple[Path, Receipt], tmp_path: Path
) -> None:
    plan = compile_small(customers_file=parquet[0] / "customers")
    with open_run(plan, Output(tmp_path / "o"), 1, ["customers"], "refuse") as run:
        stored = store_customers(run).plan.source
        assert isinstance(stored, StoredCustomers)
        assert stored.count == 60
        np.testing.assert_array_equal(stored.shares(3), plan.source.shares(3))
        for bounds in ((0, 60, None), (0, 60, 1), (10, 30, 2), (5, 5, 0)):
            assert stored.table(*bounds) == plan.source.table(*bounds).combine_chunks()


def test_drawn_customers_are_drawn_by_every_task(compile_small: Compile, tmp_path: Path) -> None:
    with open_run(compile_small(), Output(tmp_path / "o"), 1, ["customers"], "refuse") as run:
        assert store_customers(run) is run
