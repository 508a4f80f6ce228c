"""Requests: what they describe, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.conftest import Compile
from tests.support.fraud_types import shipped_types, untold
from vecgen.errors import InputError
from vecgen.model.fraud.fraud_type import WeightedType
from vecgen.model.params import recorded_parameters
from vecgen.plan.plan import Plan
from vecgen.plan.request import describe_request


def test_a_request_is_described_in_plain_json(plan: Plan) -> None:
    described = describe_request(plan.request)
    assert json.loads(json.dumps(described)) == described
    assert described["law"] == {
        "period": {"start": "2023-12-20", "end": "2024-01-20"},
        "fraud_rate": 0.5,
        "fraud_days": 1,
        "dependence": "v0.5",
        "travel": False,
    }
    assert (described["customers"], described["seed"], described["as_of"]) == (60, 42, None)
    assert described["profiles"] == str(plan.request.profiles)
    assert described["safe_identifiers"] is False


def test_parameters_that_old_records_do_not_know_are_named_where_they_are_used(plan: Plan) -> None:
    request = plan.request
    described = describe_request(replace(request, law=replace(request.law, fraud_stealth=0.5)))
    assert described["law"] == {**describe_request(request)["law"], "fraud_stealth": 0.5}  # type: ignore[dict-item]
    assert recorded_parameters(described, "receipt").fraud_stealth == 0.5
    assert recorded_parameters(describe_request(request), "receipt") == request.law


def test_fraud_types_are_described_in_full_where_there_are_any(plan: Plan) -> None:
    kind = shipped_types()["card_testing"]
    law = replace(plan.request.law, fraud_types=(WeightedType(kind, 3.0),))
    described = describe_request(replace(plan.request, law=law))
    own = described["law"]["fraud_types"]["card_testing"]  # type: ignore[index]
    assert json.loads(json.dumps(own)) == own
    assert (own["weight"], own["burst_seconds"]) == (3.0, 900)
    assert recorded_parameters(described, "somewhere") == replace(law, fraud_types=(WeightedType(untold(kind), 3.0),))


def test_safe_identifiers_of_listed_customers_are_refused(plan: Plan, compile_small: Compile, tmp_path: Path) -> None:
    pq.write_table(plan.source.table(0, 60).drop_columns(["customer_id"]), tmp_path / "c.parquet")
    with pytest.raises(InputError, match=r"safe_identifiers: got .*c\.parquet.*, expected customers that are drawn"):
        compile_small(customers_file=tmp_path / "c.parquet", safe_identifiers=True)


@pytest.mark.parametrize("seed", [-1, 1 << 64])
def test_a_seed_beyond_64_bits_is_refused(seed: int, compile_small: Compile) -> None:
    with pytest.raises(InputError, match="seed"):
        compile_small(seed=seed)


@pytest.mark.parametrize("customers", [0, -1, (1 << 40) + 1])
def test_a_number_of_customers_out_of_range_is_refused(customers: int, compile_small: Compile) -> None:
    with pytest.raises(InputError, match="customers"):
        compile_small(customers=customers)
