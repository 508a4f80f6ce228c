"""Golden digests: the rows that seeds give. They may change only together with a line in CHANGELOG.md that says why."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from vecgen.model.params import ModelParameters, Period
from vecgen.plan.form import Form
from vecgen.plan.output import Output
from vecgen.plan.plan import compile_plan
from vecgen.plan.request import Request
from vecgen.run.local import run_local

YEAR = Period(date(2023, 1, 1), date(2023, 12, 31))
LEAP_WINTER = Period(date(2023, 12, 1), date(2024, 3, 15))

GOLDEN = [
    (Request(customers=50), "3b700331fc6c75f2af3e491155d7cc9f", "de3c1fdacb62f0323f69a5d16831ad34"),
    (Request(customers=50, seed=7), "4e2ec6d61473d480420aaa0223e66d3f", "153fbb6e49af1c22b902bfa1b687995a"),
    (
        Request(customers=50, law=ModelParameters(LEAP_WINTER, fraud_rate=1.0)),
        "12094fe8a6fdd1a6c6303778b65f6349",
        "ce476ba9c9032593bf7007efc4d93392",
    ),
    (
        Request(customers=50, law=ModelParameters(YEAR, fraud_rate=0.5, fraud_days=3, dependence="v1.0")),
        "3b700331fc6c75f2af3e491155d7cc9f",
        "0cf72247738d8fd8d5ef6859eec4a933",
    ),
    (
        Request(customers=50, law=ModelParameters(YEAR, dependence="independent", travel=True)),
        "3b700331fc6c75f2af3e491155d7cc9f",
        "7f7a62bf6c6e8eafe5f52575940d0d4b",
    ),
]


@pytest.mark.parametrize(("request_", "customers", "transactions"), GOLDEN)
def test_digests_stay_what_they_are(request_: Request, customers: str, transactions: str, tmp_path: Path) -> None:
    parts = run_local(compile_plan(request_), Output(tmp_path / "out", Form(partition_by=())), 1).parts
    assert (parts["customers"].digest, parts["transactions"].digest) == (customers, transactions)
