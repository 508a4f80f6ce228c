"""A file is checked before its rows are decoded, and each batch before its values are used."""

from __future__ import annotations

import pyarrow as pa
import pytest

from vecgen.errors import InputError
from vecgen.io.row_schema import check_names, conform
from vecgen.io.schema import COLUMNS, arrow_schema

AMOUNT = tuple(column for column in COLUMNS if column.name in ("amt", "is_fraud", "merchant"))


def batch(**changes: pa.Array) -> pa.RecordBatch:
    values = {"amt": [1.0, 2.5], "is_fraud": [0, 1], "merchant": ["a", "b"]}
    schema = arrow_schema(AMOUNT)
    arrays = {name: pa.array(values[name], schema.field(name).type) for name in schema.names}
    return pa.RecordBatch.from_pydict({**arrays, **changes})


def test_each_column_is_there_once() -> None:
    names = ["merchant", "amt", "x", "is_fraud"]
    check_names("f", names, AMOUNT)
    with pytest.raises(InputError, match="f: columns: got 'amt', expected a file with this column"):
        check_names("f", names[2:], AMOUNT[:2])
    with pytest.raises(InputError, match="f: column amt: got '2 of this name', expected one"):
        check_names("f", [*names, "amt"], AMOUNT)


def test_other_widths_are_converted() -> None:
    narrow = pa.array([0, 1], pa.int64())
    (found,) = conform("f", batch(is_fraud=narrow), AMOUNT)
    assert found.schema.equals(arrow_schema(AMOUNT), check_metadata=False) or found.schema.names == [
        column.name for column in AMOUNT
    ]
    assert found.column("is_fraud").type == pa.int8()


@pytest.mark.parametrize(
    ("column", "array", "message"),
    [
        ("amt", pa.array([1.0, None]), "column amt: got None, expected a value in every row"),
        ("amt", pa.array([1.0, float("nan")]), "column amt: got nan, expected a number between"),
        ("amt", pa.array([1.0, 1e13]), "column amt: got 10000000000000.0, expected a number between"),
        ("is_fraud", pa.array([0, 300], pa.int64()), "column is_fraud: got .*, expected whole numbers that fit int8"),
        ("merchant", pa.array([1, 2]), "column merchant: got "),
    ],
)
def test_values_that_cannot_be_used_are_named(column: str, array: pa.Array, message: str) -> None:
    with pytest.raises(InputError, match=message):
        list(conform("f", batch(**{column: array}), AMOUNT))


def test_long_texts_come_in_slices() -> None:
    long = pa.array(["x" * 60_000] * 3000)
    number = len(long)
    rows = (
        batch(merchant=pa.array(["a", "b"]))
        .take(pa.array([0] * number))
        .set_column(AMOUNT.index(next(c for c in AMOUNT if c.name == "merchant")), "merchant", long)
    )
    sizes = [part.num_rows for part in conform("f", rows, AMOUNT)]
    assert sum(sizes) == number
    assert len(sizes) > 1
