"""Groups of customers: the rows of any days are those of the whole."""

from __future__ import annotations

import pyarrow as pa
import pytest

from vecgen.io.schema import COLUMNS, PROBABILITY_COLUMNS
from vecgen.plan.plan import Plan
from vecgen.run import batch
from vecgen.run.batch import Group, start_group


def start(plan: Plan, slice_days: int | None = None) -> Group:
    return start_group(plan.tables, plan.source.table(0, 60, 1), slice_days)


def rows_of(group: Group, days: range | None = None) -> pa.Table:
    batches = [batch.to_struct_array().flatten() for batch in group.all_batches(days)]
    names = [column.name for column in COLUMNS]
    plain = [
        pa.table([array.cast(pa.string()) if pa.types.is_dictionary(array.type) else array for array in b], names)
        for b in batches
    ]
    return pa.concat_tables(plain).sort_by("trans_num")


def test_days_made_apart_are_the_whole(plan: Plan) -> None:
    days = plan.tables.law.period.days
    group = start(plan)
    apart = pa.concat_tables([rows_of(group, range(10)), rows_of(group, range(10, days))]).sort_by("trans_num")
    whole = rows_of(group)
    assert whole.num_rows > 100
    assert apart.equals(whole)


def test_no_days_have_no_rows(plan: Plan) -> None:
    assert list(start(plan).all_batches(range(0))) == []


def test_a_batch_has_its_rows_at_most_and_the_digest_of_them(plan: Plan) -> None:
    group = start(plan)
    period = range(plan.tables.law.period.days)
    limited = [pair for chunk in group.chunks for pair in group.batches(period, chunk, limit=50)]
    assert {digest.rows == batch.num_rows for batch, digest in limited} == {True}
    assert max(batch.num_rows for batch, _ in limited) == 50
    total = sum((digest for _, digest in limited[1:]), limited[0][1])
    unlimited = [digest for chunk in group.chunks for _, digest in group.batches(period, chunk)]
    assert str(total) == str(sum(unlimited[1:], unlimited[0]))


def test_probabilities_are_the_same_however_rows_are_gathered(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    customers = plan.source.table(0, 60, 1)
    found = []
    for rows in (1, 1_000_000):
        monkeypatch.setattr(batch, "_POSTERIOR_ROWS", rows)
        group = start_group(plan.tables, customers, columns=(*COLUMNS, *PROBABILITY_COLUMNS))
        found.append(pa.Table.from_batches(group.all_batches()).select([own.name for own in PROBABILITY_COLUMNS]))
    assert found[0].num_rows > 100
    assert found[0].combine_chunks().equals(found[1].combine_chunks())
