"""Customers files in Parquet: sizes that grow when they are read, damage, and any types at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import strategies as st

from tests.support.customer_files import NAMES, TEXTS, check_read, write_parquet
from tests.support.strategies import ODD_TEXTS, try_all
from vecgen.errors import InputError
from vecgen.io.customer_file.read import read_customers
from vecgen.model.customers import CustomerTables


@contextmanager
def counting_memory() -> Iterator[pa.MemoryPool]:
    """Yield a pool that knows how much was allocated at once while it stands for Arrow's own."""
    usual = pa.default_memory_pool()
    counting = pa.proxy_memory_pool(usual)
    pa.set_memory_pool(counting)
    try:
        yield counting
    finally:
        pa.set_memory_pool(usual)


def name_one(text: object, rows: int) -> pa.Array:
    """Return a column of one value, which takes no room in a file."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int32)), pa.array([text]))


def spread(table: pa.Table, rows: int, **changes: pa.Array) -> pa.Table:
    """Return a customer so many times, with some columns changed or added."""
    person = table.slice(0, 1).to_pylist()[0]
    columns = {name: name_one(person[name], rows) for name in NAMES} | changes
    return pa.table(list(columns.values()), list(columns))


NOTES = pa.array([f"{number * 2654435761 % 2**32:08x}" for number in range(20_000)])
Bomb = tuple[Callable[[pa.Table], pa.Table], dict[str, Any], str]


BOMBS: dict[str, Bomb] = {
    "a dictionary: 2 GB of streets in 4 kB": (
        lambda table: spread(table, 2000, street=name_one("x" * 1_000_000, 2000)),
        {},
        r"column street: got 'a text of 1,000,000 bytes', expected texts of at most 1,000 bytes",
    ),
    "rows": (
        lambda table: spread(table, 5_000_000),
        {},
        r"got '5,000,000 rows in [0-9,]+ bytes', expected customers that take a byte each",
    ),
    "short texts: 240 MB in 200 kB": (
        lambda table: spread(table, 20_000, note=NOTES, **{name: name_one("x" * 1000, 20_000) for name in TEXTS}),
        {},
        r"got 'values of [0-9,]+ bytes', expected at most [0-9,]+ bytes: 100 times the file's size",
    ),
    "a page": (
        lambda table: spread(table, 3, street=pa.array(["a", "x" * 90_000_000, "b"])),
        {"use_dictionary": False},
        r"got 'values of 90,[0-9,]+ bytes', expected at most",
    ),
    "shared beginnings": (
        lambda table: spread(table, 300, street=pa.array(["x" * 100_000] * 300)),
        {"use_dictionary": False, "column_encoding": {"street": "DELTA_BYTE_ARRAY"}},
        r"row 1, street: .* expected a text of at most 1,000 bytes",
    ),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_files_that_would_grow_are_refused_before_they_do(
    tmp_path: Path, tables: CustomerTables, table: pa.Table, bomb: str
) -> None:
    make, options, message = BOMBS[bomb]
    path = tmp_path / "c.parquet"
    pq.write_table(make(table), path, compression="zstd", store_schema=False, **options)
    assert path.stat().st_size < 400_000
    with counting_memory() as memory, pytest.raises(InputError, match=message):
        read_customers(path, tables.profile_files)
    assert memory.max_memory() < 300 << 20


ODD_COLUMNS: list[pa.Array] = [
    *(pa.array([text, "1"]) for text in ODD_TEXTS if text.isascii()),
    *(pa.array([number, 1.0]) for number in (0.0, -0.0, float("nan"), float("inf"), 1e300, 90.0000001, -181.0, 1e-320)),
    *(pa.array([number, 1]) for number in (0, -1, 2**31, 2**63 - 1, -(2**63))),
    *(pa.array([number, 0], pa.int32()).view(pa.date32()) for number in (2**31 - 1, -(2**31), 3_000_000)),
    *(pa.array([2**62, -(2**62)], pa.int64()).view(pa.timestamp(unit)) for unit in ("ms", "us", "ns")),
    *(pa.array([number, 0], pa.int64()).view(pa.duration("us")) for number in (2**62, -1)),
    *(pa.nulls(2, kind) for kind in (pa.null(), pa.string(), pa.float64(), pa.date32())),
    *(pa.array([value] * 2) for value in (True, b"\xff", Decimal("1e20"), [1], ["a"], {"lat": 1.0}, [{"a": [None]}])),
    pa.array(["leftovers", "leftovers"]).dictionary_encode(),
    pa.array([b"x" * 16] * 2, pa.binary(16)),
    pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int64())),
    pa.array(np.array([1.0, 2.0], np.float16)),
]


@pytest.mark.parametrize("examples", [150, pytest.param(5_000, marks=pytest.mark.heavy)])
def test_any_parquet_is_read_or_refused(tmp_path: Path, tables: CustomerTables, table: pa.Table, examples: int) -> None:
    people, path = table.slice(0, 2), tmp_path / "c.parquet"

    def check(changes: dict[str, pa.Array]) -> None:
        spoiled = people
        for name, column in changes.items():
            spoiled = spoiled.set_column(spoiled.column_names.index(name), name, column)
        check_read(write_parquet(path, spoiled), tables.profile_files)

    try_all(
        examples, st.dictionaries(st.sampled_from(NAMES), st.sampled_from(ODD_COLUMNS), min_size=1, max_size=2), check
    )


@pytest.mark.parametrize("examples", [100, pytest.param(5_000, marks=pytest.mark.heavy)])
def test_a_damaged_parquet_file_is_read_or_refused(
    tmp_path: Path, tables: CustomerTables, table: pa.Table, examples: int
) -> None:
    path = write_parquet(tmp_path / "c.parquet", table.slice(0, 20))
    whole = path.read_bytes()

    def check(damage: tuple[int, bytes]) -> None:
        place, data = damage
        place %= len(whole)
        path.write_bytes(whole[:place] + data + whole[place + max(1, len(data)) :])
        check_read(path, tables.profile_files)

    try_all(examples, st.tuples(st.integers(0), st.binary(max_size=4)), check)
