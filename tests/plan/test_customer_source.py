"""Sources of customers: drawn or listed, the same customers under the same numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from tests.conftest import Compile
from vecgen.plan.customer_source import DrawnCustomers, ListedCustomers
from vecgen.plan.plan import Plan
from vecgen.records.receipt import Receipt


def test_a_profile_is_found_in_any_range(plan: Plan) -> None:
    source = plan.source
    assert isinstance(source, DrawnCustomers)
    whole = source.table(0, 60)
    assert whole["customer_id"].to_pylist() == list(range(60))
    for profile, drawn in enumerate(plan.tables.profiles):
        own = whole.filter(pa.compute.equal(whole["profile"], f"{drawn.name}.json"))
        assert source.table(0, 60, profile) == own.combine_chunks()
    assert source.table(7, 9) == whole.slice(7, 2).combine_chunks()
    assert source.table(5, 5, 0).num_rows == 0


def test_shares_add_up_and_an_unmet_profile_is_possible_among_many(plan: Plan) -> None:
    source = plan.source
    assert isinstance(source, DrawnCustomers)
    shares = source.shares(3)
    assert shares.sum() == 1.0
    assert (shares * 60).tolist() == [source.table(0, 60, profile).num_rows for profile in range(3)]
    many = DrawnCustomers(source.tables, source.seed, 10**9)
    assert many.shares(4)[3] > 0


def test_listed_customers_are_those_that_were_drawn(
    plan: Plan, compile_small: Compile, parquet: tuple[Path, Receipt]
) -> None:
    listed = compile_small(customers_file=parquet[0] / "customers").source
    assert isinstance(listed, ListedCustomers)
    assert listed.count == 60
    np.testing.assert_allclose(listed.shares(3), plan.source.shares(3))
    for profile in range(3):
        ours, theirs = plan.source.table(0, 60, profile), listed.table(0, 60, profile)
        assert sorted(theirs["ssn"].to_pylist()) == sorted(ours["ssn"].to_pylist())
