"""Batches of somebody's table become rows as the counts know them."""

from __future__ import annotations

import itertools
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from vecgen.config.loader import load_profiles
from vecgen.errors import InputError
from vecgen.model.customers import Segmenter
from vecgen.scan.column_map import ColumnMap, read_map
from vecgen.scan.mapped_rows import REFUNDS, SMALL, MappedRows, map_rows, take_share
from vecgen.scan.missing import tell_profiles

LEAST: dict[str, Any] = {
    "customer": ["a", "b", "a"],
    "time": ["2023-07-01 12:00:00"] * 3,
    "category": ["food", "fuel", "food"],
    "amount": [1.0, 20.005, 3.5],
}


def map_values(values: dict[str, Any], **told: Any) -> MappedRows:
    column_map = ColumnMap(read_map([(name, name) for name in values]), **told)
    return map_rows("x", pa.RecordBatch.from_pydict(values), column_map)


def column(name: str, **values: Any) -> list[Any]:
    listed: list[Any] = map_values(LEAST | values).batch.column(name).to_pylist()
    return listed


def test_the_least_map_makes_rows() -> None:
    rows = map_values(LEAST).batch.to_pydict()
    assert rows == {
        "ssn": ["a", "b", "a"],
        "trans_date": [date(2023, 7, 1)] * 3,
        "trans_time": [time(12)] * 3,
        "category": ["food", "fuel", "food"],
        "amt": [1.0, 20.0, 3.5],
    }


def test_rows_without_a_value_and_refunds_are_counted_and_left_out() -> None:
    values = {
        "customer": ["a", None, "", "b", "b", "c", "d"],
        "time": [*["2023-07-01 12:00:00"] * 6, None],
        "category": ["x", "x", "x", " ", "x", "x", "x"],
        "amount": [5.0, 5.0, 5.0, 5.0, -3.0, 0.4, 5.0],
    }
    mapped = map_values(values)
    assert mapped.batch.column("ssn").to_pylist() == ["a"]
    assert mapped.left_out == {"no customer": 2, "no category": 1, "no time": 1, REFUNDS: 1, SMALL: 1}
    assert map_values(LEAST | {"amount": [0.0, float("nan"), -1.0]}).left_out == {REFUNDS: 2, "no amount": 1}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["0", "1", " TRUE "], [0, 1, 1]),
        ([False, True, True], [0, 1, 1]),
        ([0.0, 1.0, 1.0], [0, 1, 1]),
        (["no", "Yes", "y"], [0, 1, 1]),
    ],
)
def test_labels_are_read(values: Any, expected: list[int]) -> None:
    assert column("is_fraud", label=values) == expected


def test_numbers_are_read_whatever_their_type() -> None:
    for amounts in ([5, 6, 7], [Decimal("5.00"), Decimal("6.00"), Decimal("7.00")], ["5", "6", "7"]):
        assert column("amt", amount=amounts) == [5.0, 6.0, 7.0]
    assert map_values(LEAST | {"amount": [500, 601, 99]}, amount_unit="cents").batch.column("amt").to_pylist() == [
        5,
        6.01,
    ]
    assert column("ssn", customer=[4, 5, 4]) == ["4", "5", "4"]
    assert column("category", category=[5411, 5411, 5812]) == ["5411", "5411", "5812"]


def test_names_become_names_that_profiles_can_hold() -> None:
    assert column("category", category=["a/b", 'kids\' "x"', "y" * 200]) == ["a_b", "kids_ _x_", "y" * 100]
    mapped = map_values(LEAST | {"merchant": ["fraud_A", "B", None]}, merchant_prefix="fraud_")
    assert mapped.batch.column("merchant").to_pylist() == ["A", "B", ""]


def test_profiles_are_told_by_birth_sex_and_town(profiles: Path) -> None:
    segments = Segmenter(load_profiles(profiles), date(2023, 7, 1))
    told: Any = {
        "customer": ["a", "b", "c"],
        "birth_date": [date(1990, 1, 1), date(1973, 7, 2), date(1973, 7, 1)],
        "sex": ["woman", "M", "male"],
        "city_pop": [1, 1, 1],
    }
    names = ["adults_2550_female_urban.json", "leftovers.json", "adults_50up_male_rural.json"]
    assert tell(told, segments) == names
    unknown = told | {"birth_date": [None, None, date(1973, 7, 1)], "sex": ["F", "M", None]}
    assert tell(unknown, segments) == ["leftovers.json"] * 3


def tell(told: dict[str, Any], segments: Segmenter) -> list[str]:
    batch = map_values(LEAST | told).batch
    found: list[str] = tell_profiles({name: batch.column(name) for name in batch.schema.names}, segments).to_pylist()
    return found


def test_shares_hold_whole_customers_and_all_of_them() -> None:
    batch = pa.RecordBatch.from_pydict({"customer": [*map(str, range(100)), None] * 2})
    column_map = ColumnMap((("customer", "customer"),))
    shares = [take_share(batch, column_map, number, 3).column("customer").to_pylist() for number in range(3)]
    assert sorted(itertools.chain(*shares), key=str) == sorted(batch.column("customer").to_pylist(), key=str)
    assert not set(shares[0]) & set(shares[1]) | set(shares[1]) & set(shares[2])
    assert min(map(len, shares)) > 20


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"amount": [1.0, 1e300, 2.0]}, r"x: column amount: got 1e\+300"),
        ({"amount": ["1", "2", "three"]}, "column amount: got .*three"),
        ({"amount": [True, True, True]}, "column amount: got 'bool', expected numbers"),
        ({"customer": [[1], [2], [3]]}, "column customer: got 'list"),
        ({"label": [0, 1, 2]}, "column label: got '2', expected a label"),
        ({"lat": [0.0, 1.0, 999.0]}, "column lat: got 999.0, expected degrees"),
        ({"time": ["now"] * 3}, "column time: got 'now'"),
    ],
)
def test_values_that_cannot_be_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        map_values(LEAST | values)
