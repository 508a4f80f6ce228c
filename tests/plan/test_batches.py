"""Batches: every customer in exactly one, the largest first."""

from __future__ import annotations

import dataclasses

import pytest

from tests.conftest import Compile
from vecgen.errors import InputError
from vecgen.plan.batches import cut_batches


@pytest.mark.parametrize(("customers", "batch_rows"), [(10**7, 1), (1 << 40, 32_000_000)])
def test_more_batches_than_anybody_can_hand_out_are_refused(
    compile_small: Compile, customers: int, batch_rows: int
) -> None:
    source = dataclasses.replace(compile_small().source, count=customers)  # type: ignore[type-var]
    with pytest.raises(InputError, match=r"batch_rows: got .* customers make at most 500,000 batches"):
        cut_batches(source, (700.0, 700.0, 700.0), batch_rows)
