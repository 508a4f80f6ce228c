"""Record batches: their schema, and a digest that does not depend on how Arrow stores a value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.datasets import read_customers, read_rows
from vecgen.errors import InputError
from vecgen.io.digest import Digest, digest_batches
from vecgen.io.schema import (
    COLUMNS,
    CUSTOMER_COLUMNS,
    CUSTOMER_ID,
    TRANSACTION_SCHEMA,
    Column,
    arrow_schema,
    choose_columns,
)
from vecgen.model.rows import ATTRIBUTES, Attribute
from vecgen.model.transactions import draw_rows
from vecgen.plan.plan import Plan
from vecgen.records.receipt import Receipt
from vecgen.run.batch import Group, start_group


@pytest.fixture(scope="module")
def rows(parquet: tuple[Path, Receipt]) -> pa.Table:
    return read_rows(parquet[0])


@pytest.fixture(scope="module")
def people(parquet: tuple[Path, Receipt]) -> pa.Table:
    return read_customers(parquet[0])


def digest(table: pa.Table, columns: tuple[Column, ...] = COLUMNS) -> Digest:
    return digest_batches(table.to_batches(), columns)


def test_schema() -> None:
    schema = arrow_schema(COLUMNS)
    assert schema.names == [column.name for column in COLUMNS]
    assert not any(field.nullable for field in schema)
    by_name = {field.name: field.type for field in schema}
    assert by_name.pop("city_pop") == pa.int32()
    assert by_name.pop("is_fraud") == pa.int8()
    assert by_name.pop("unix_time") == pa.int64()
    assert {by_name.pop(name) for name in ("dob", "trans_date")} == {pa.date32()}
    assert {by_name.pop(name) for name in ("lat", "long", "amt", "merch_lat", "merch_long")} == {pa.float64()}
    assert set(by_name.values()) == {pa.string()}


def start(plan: Plan, customers: pa.Table | None = None) -> Group:
    batch = plan.batches[0]
    own = plan.source.table(batch.first, batch.last, batch.profile) if customers is None else customers
    return start_group(plan.tables, own)


def draw(group: Group, days: range | None = None) -> pa.Table:
    plain, days = arrow_schema(COLUMNS), days or range(group.tables.law.period.days)
    batches = [batch.cast(plain) for chunk in group.chunks for batch, _ in group.batches(days, chunk)]
    return pa.Table.from_batches(batches, plain).sort_by("trans_num")


def test_batches_are_of_the_schema_and_know_their_digest(plan: Plan) -> None:
    group = start(plan)
    days = range(plan.tables.law.period.days)
    found = [pair for chunk in group.chunks for pair in group.batches(days, chunk)]
    assert found
    for part, own in found:
        part.validate(full=True)
        assert part.schema == TRANSACTION_SCHEMA
        assert digest_batches([part], COLUMNS) == own
        assert sum(array.null_count for array in part.columns) == 0


SOME_COLUMNS = st.lists(st.sampled_from([CUSTOMER_ID, *COLUMNS]), min_size=1, max_size=5, unique_by=lambda c: c.name)


def test_fewer_columns_are_those_of_the_whole(plan: Plan) -> None:
    batch = plan.batches[0]
    customers = plan.source.table(batch.first, batch.last, batch.profile)
    days = range(5, plan.tables.law.period.days)
    both = (*COLUMNS, CUSTOMER_ID)
    whole = pa.Table.from_batches(start_group(plan.tables, customers, 31, both).all_batches(days))
    assert sum(whole["is_fraud"].to_pylist()) > 0
    whole = whole.cast(arrow_schema(both))

    @settings(max_examples=40)
    @given(columns=SOME_COLUMNS)
    def check(columns: list[Column]) -> None:
        pruned = pa.Table.from_batches(start_group(plan.tables, customers, 31, columns).all_batches(days))
        assert pruned.cast(arrow_schema(columns)) == whole.select([column.name for column in columns])

    check()


@given(st.frozensets(st.sampled_from(sorted(ATTRIBUTES))))
def test_what_is_not_asked_for_is_not_drawn(plan: Plan, wanted: frozenset[Attribute]) -> None:
    group = start(plan)
    rows = next(draw_rows(group.tables, group.calendar, range(10), attributes=wanted))
    drawn = {name for name in ATTRIBUTES - {"number"} if len(getattr(rows, name))}
    assert drawn | ({"number"} if len(rows.number[0]) else set()) == wanted


def test_customers_keep_their_ids(plan: Plan) -> None:
    batch = plan.batches[0]
    customers = plan.source.table(batch.first, batch.last, batch.profile)
    columns = choose_columns(["ssn", "customer_id"], [*COLUMNS, CUSTOMER_ID])
    rows = pa.Table.from_batches(start_group(plan.tables, customers, columns=columns).all_batches())
    ids = dict(zip(customers["ssn"].to_pylist(), customers["customer_id"].to_pylist(), strict=True))
    assert [ids[ssn] for ssn in rows["ssn"].to_pylist()] == rows["customer_id"].to_pylist()


@pytest.mark.parametrize(
    ("names", "value"), [(["amt", "amount"], "'amount'"), (["amt", "amt"], "'amt'"), ([], "'no name'")]
)
def test_columns_that_do_not_exist_are_refused(names: list[str], value: str) -> None:
    with pytest.raises(InputError, match=f"columns: got {value}, expected .*trans_num"):
        choose_columns(names, COLUMNS)


def test_all_batches_are_those_of_the_months_in_order(plan: Plan) -> None:
    group = start(plan)
    parts = list(group.all_batches())
    months = [(date.year, date.month) for part in parts for date in part.column("trans_date").to_pylist()]
    assert months == sorted(months)
    whole = pa.Table.from_batches(parts).cast(arrow_schema(COLUMNS)).sort_by("trans_num")
    assert whole == draw(group)


def test_any_days_are_the_same_alone(plan: Plan) -> None:
    group = start(plan)
    alone = [draw(group, range(day, day + 1)) for day in reversed(range(plan.tables.law.period.days))]
    assert pa.concat_tables(alone).sort_by("trans_num").equals(draw(group))


def test_a_single_customer_is_the_same_alone(plan: Plan) -> None:
    batch = plan.batches[0]
    customers = plan.source.table(batch.first, batch.last, batch.profile)
    together = draw(start(plan, customers))
    for position in (0, customers.num_rows // 2, customers.num_rows - 1):
        own = together.filter(pc.equal(together["ssn"], customers["ssn"][position]))
        assert draw(start(plan, customers.slice(position, 1))).equals(own)


def test_storage_does_not_matter(rows: pa.Table) -> None:
    expected = digest(rows)
    assert expected.rows == rows.num_rows
    encoded = pa.table({c.name: _encode(rows[c.name]) for c in COLUMNS})
    large = rows.cast(
        pa.schema([f.with_type(pa.large_string()) if pa.types.is_string(f.type) else f for f in rows.schema])
    )
    pieces = pa.concat_tables([rows.slice(3), rows.slice(0, 3)])
    for table in (encoded, large, pieces, rows.select(rows.column_names[::-1])):
        assert digest(table) == expected


def test_the_digest_of_slices_adds_up(rows: pa.Table) -> None:
    for cut in (0, 1, 17, rows.num_rows):
        assert digest(rows.slice(0, cut)) + digest(rows.slice(cut)) == digest(rows)


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
@pytest.mark.parametrize("position", [0, -1])
def test_one_changed_cell_changes_the_digest(rows: pa.Table, column: Column, position: int) -> None:
    position %= rows.num_rows
    value = rows[column.name][position]
    changed = _replace(rows, column.name, position, _change(value, column))
    assert changed.num_rows == rows.num_rows
    assert digest(changed) != digest(rows)


@pytest.mark.parametrize("column", CUSTOMER_COLUMNS, ids=lambda column: column.name)
def test_one_changed_cell_of_a_customer_changes_the_digest(people: pa.Table, column: Column) -> None:
    changed = _replace(people, column.name, 5, _change(people[column.name][5], column))
    assert digest(changed, CUSTOMER_COLUMNS) != digest(people, CUSTOMER_COLUMNS)


@pytest.mark.parametrize(
    ("left", "right"), [("first", "last"), ("lat", "merch_lat"), ("city", "state"), ("dob", "trans_date")]
)
def test_exchanged_columns_change_the_digest(rows: pa.Table, left: str, right: str) -> None:
    names = [{left: right, right: left}.get(name, name) for name in rows.column_names]
    assert digest(rows.rename_columns(names)) != digest(rows)


def test_exchanged_cells_of_two_rows_change_the_digest(rows: pa.Table) -> None:
    amounts = rows["amt"].to_pylist()
    other = next(i for i, amount in enumerate(amounts) if amount != amounts[0])
    amounts[0], amounts[other] = amounts[other], amounts[0]
    place = rows.column_names.index("amt")
    assert digest(rows.set_column(place, "amt", pa.array(amounts))) != digest(rows)


@pytest.mark.parametrize("number", ["", "0" * 31, "0" * 33, "g" * 32, "A" * 32, "a" * 32])
def test_any_text_can_stand_for_a_transaction_number(rows: pa.Table, number: str) -> None:
    changed = digest(_replace(rows, "trans_num", 0, number))
    assert changed != digest(rows)
    assert changed != digest(_replace(rows, "trans_num", 0, "b" * 32))


def _encode(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.dictionary_encode() if pa.types.is_string(column.type) else column


def _change(value: pa.Scalar, column: Column) -> Any:
    if column.type == "text":
        text = value.as_py()
        return text[:-1] + ("1" if text[-1] != "1" else "2")
    if column.type == "float64":
        return value.as_py() + (0.01 if column.decimals == 2 else 0.000001)
    return pa.scalar(value.cast(pa.int32() if column.type == "date" else pa.int64()).as_py() + 1)


def _replace(table: pa.Table, name: str, position: int, value: Any) -> pa.Table:
    place = table.column_names.index(name)
    column = table[name].combine_chunks()
    middle = pa.array([value.as_py() if isinstance(value, pa.Scalar) else value])
    if pa.types.is_date(column.type):
        middle = middle.cast(pa.int32())
    parts = [column.slice(0, position), middle.cast(column.type), column.slice(position + 1)]
    return table.set_column(place, table.schema.field(place), pa.chunked_array(parts).combine_chunks())
