"""Lines of text: numbers exact, customers apart, separators refused."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.datasets import data_files, read_lines, read_rows
from vecgen.errors import InputError
from vecgen.io.schema import CUSTOMER_COLUMNS
from vecgen.io.writers import FORMATS, open_writer
from vecgen.plan.form import Form
from vecgen.plan.output import Output, target_own
from vecgen.plan.plan import Plan
from vecgen.run.batch import start_group
from vecgen.run.write import write_customers, write_transactions


def _set(table: pa.Table, name: str, value: str) -> pa.Table:
    place = table.column_names.index(name)
    return table.set_column(place, table.schema.field(place), pa.array([value] * table.num_rows))


def test_an_unpadded_account_number_stays_short(plan: Plan, tmp_path: Path) -> None:
    people = _set(plan.source.table(0, 3), "acct_num", "7")
    write_customers(target_own(Output(tmp_path, Form("csv"))), people)
    place = [column.name for column in CUSTOMER_COLUMNS].index("acct_num")
    assert [line[place] for line in read_lines(data_files(tmp_path)[0])[1:]] == ["7"] * 3


def test_numbers_are_exact(plan: Plan, tmp_path: Path) -> None:
    batch = plan.batches[0]
    group = start_group(plan.tables, plan.source.table(batch.first, batch.last, batch.profile))
    rows, path = next(group.all_batches()), tmp_path / "a.csv"

    cents, degrees, moments = (
        st.integers(0, 10**9),
        st.integers(-180_000_000, 180_000_000),
        st.integers(-(10**10), 10**11),
    )
    lists = st.lists(st.tuples(cents, degrees, moments), min_size=1, max_size=40)

    @given(lists | st.lists(st.tuples(cents, degrees, st.integers(10**9, 10**10 - 1)), min_size=1, max_size=40))
    def check(triples: list[tuple[int, int, int]]) -> None:
        values = {
            "amt": [cents / 100 for cents, _, _ in triples],
            "merch_long": [micro / 1e6 for _, micro, _ in triples],
            "unix_time": [moment for _, _, moment in triples],
        }
        part = rows.slice(7, len(triples))
        columns = [pa.array(values[name]) if name in values else part.column(name) for name in part.schema.names]
        with open_writer(path, part.schema, "csv", "none") as writer:
            writer.write(pa.RecordBatch.from_arrays(columns, schema=part.schema))
        places = [part.schema.names.index(name) for name in values]
        printed = [tuple(line[place] for place in places) for line in read_lines(path)[1:]]
        assert printed == [
            (str(Decimal(cents).scaleb(-2)), f"{Decimal(micro).scaleb(-6):f}", str(moment))
            for cents, micro, moment in triples
        ]

    check()


def test_customers_that_share_a_number_keep_their_own_columns(plan: Plan, tmp_path: Path) -> None:
    batch = plan.batches[0]
    people = plan.source.table(batch.first, batch.last, batch.profile)
    for name in ("ssn", "cc_num", "acct_num", "first", "last"):
        people = _set(people, name, "masked")
    for file_format in FORMATS:
        write_transactions(plan.tables, target_own(Output(tmp_path / file_format, Form(file_format))), 0, people)
    assert read_rows(tmp_path / "csv").equals(read_rows(tmp_path / "parquet"))


@pytest.mark.parametrize("column", [c.name for c in CUSTOMER_COLUMNS if c.type == "text" and c.name != "profile"])
@pytest.mark.parametrize("mark", ["|", "\n", "\r"])
def test_text_that_holds_the_separator_is_refused(plan: Plan, column: str, mark: str, tmp_path: Path) -> None:
    people = _set(plan.source.table(0, 3), column, f"a{mark}b")
    with pytest.raises(InputError, match=f"column {column}: got .* expected text that CSV can hold") as caught:
        write_customers(target_own(Output(tmp_path, Form("csv"))), people)
    assert "\n" not in str(caught.value)
    assert data_files(tmp_path) == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
