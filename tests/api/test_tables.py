"""Tables from plain calls: the rows of a dataset, no more columns and days than asked for, one call from any frame."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

import vecgen
from tests.support.datasets import read_customers, read_rows
from vecgen.cli.keywords import RequestKeywords
from vecgen.errors import InputError
from vecgen.io.digest import digest_batches
from vecgen.io.schema import COLUMNS, CUSTOMER_COLUMNS, FRAUD_CASE_COLUMNS, arrow_schema
from vecgen.records.receipt import Receipt

Dataset = tuple[Path, Receipt]


def test_transactions_are_those_of_the_dataset(asked: RequestKeywords, parquet: Dataset) -> None:
    rows = vecgen.generate_transactions(**asked)
    assert rows.schema == arrow_schema(COLUMNS)
    assert rows.sort_by("trans_num") == read_rows(parquet[0])


def test_customers_are_those_of_the_dataset(asked: RequestKeywords, parquet: Dataset) -> None:
    people = vecgen.generate_customers(**asked)
    assert people.schema == arrow_schema(CUSTOMER_COLUMNS)
    assert people.combine_chunks() == read_customers(parquet[0])
    ids = vecgen.generate_customers(columns=["customer_id", "ssn"], **asked)
    assert ids["customer_id"].to_pylist() == list(range(60))
    assert ids["ssn"] == people["ssn"]


def test_fraud_cases_are_those_of_the_dataset(asked: RequestKeywords, parquet: Dataset) -> None:
    cases, part = vecgen.generate_fraud_cases(**asked), parquet[1].parts["fraud_cases"]
    assert cases.num_rows == part.rows > 10
    assert str(digest_batches(cases.to_batches(), FRAUD_CASE_COLUMNS)) == part.digest
    assert vecgen.generate_fraud_cases(columns="frauds", **asked).column_names == ["frauds"]


def test_columns_come_as_they_are_asked_for(asked: RequestKeywords) -> None:
    names = ["is_fraud", "customer_id", "amt", "ssn"]
    whole, some = vecgen.generate_transactions(**asked), vecgen.generate_transactions(columns=names, **asked)
    assert some.column_names == names
    assert some.drop_columns("customer_id") == whole.select(["is_fraud", "amt", "ssn"])


def test_dates_made_apart_are_the_whole(asked: RequestKeywords) -> None:
    cut: list[tuple[str | date, str | date]] = [
        ("2023-12-20", "2023-12-20"),
        (date(2023, 12, 21), "2024-01-03"),
        ("2024-01-04", datetime(2024, 1, 20, 12)),
    ]
    parts = [vecgen.generate_transactions(only_dates=dates, **asked) for dates in cut]
    for (first, last), part in zip(cut, parts, strict=True):
        days = sorted(str(day) for day in part["trans_date"].to_pylist())
        assert str(first) <= days[0] <= days[-1] <= str(last)
    assert pa.concat_tables(parts).sort_by("trans_num") == vecgen.generate_transactions(**asked).sort_by("trans_num")


def test_batches_add_up_to_the_table(asked: RequestKeywords, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vecgen.model.transaction_dates.CHUNK_ROWS", 100)
    monkeypatch.setattr("vecgen.run.export.arrow_tables._PEOPLE", 7)
    batches = list(vecgen.iterate_transactions(**asked))
    assert len(batches) > 20
    assert pa.Table.from_batches(batches) == vecgen.generate_transactions(**asked)
    people = list(vecgen.iterate_customers(**asked))
    assert [batch.num_rows for batch in people] == [7] * 8 + [4]
    assert pa.Table.from_batches(people) == vecgen.generate_customers(**asked)


def test_text_as_dictionaries_says_the_same(asked: RequestKeywords) -> None:
    for generate, columns in (
        (vecgen.generate_transactions, COLUMNS),
        (vecgen.generate_customers, CUSTOMER_COLUMNS),
    ):
        table = generate(text="dictionary", **asked)
        assert pa.types.is_dictionary(table.schema.field("state").type)
        assert table.cast(arrow_schema(columns)) == generate(**asked)


def test_frames_are_one_call_away(asked: RequestKeywords) -> None:
    rows = vecgen.generate_transactions(columns=["category", "amt"], text="dictionary", **asked)
    pandas = rows.to_pandas()
    assert str(pandas["category"].dtype) == "category"
    polars = pl.from_arrow(rows)
    assert isinstance(polars, pl.DataFrame)
    assert polars["amt"].sum() == pytest.approx(pandas["amt"].sum())
    assert polars.height == rows.num_rows


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"start": "20-12-2023"}, "start: got '20-12-2023', expected a date"),
        ({"end": "2023-12-19"}, "end: got '2023-12-19'"),
        ({"fraud_rate": 1.5}, "fraud_rate: got 1.5"),
        ({"customers": 0}, "customers: got 0"),
        ({"seed": -1}, "seed: got -1"),
        ({"columns": ["amount"]}, "columns: got 'amount', expected each name once"),
        ({"only_dates": ("2023-12-24", "2024-02-01")}, "only_dates: got '2023-12-24..2024-02-01'"),
        ({"text": "categories"}, "text: got 'categories', expected string or dictionary"),
    ],
)
def test_wrong_values_are_refused_at_the_call(asked: RequestKeywords, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message.replace("(", r"\(")):
        vecgen.iterate_transactions(**{**asked, **wrong})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"customers": "10"}, "customers: got '10' (text), expected a whole number"),
        ({"customers": None}, "customers: got None (NoneType), expected a whole number"),
        ({"customers": 10.0}, "customers: got 10.0 (a number), expected a whole number"),
        ({"seed": True}, "seed: got True (a truth value), expected a whole number"),
        ({"fraud_rate": "0.5"}, "fraud_rate: got '0.5' (text), expected a number"),
        ({"travel": 1}, "travel: got 1 (a whole number), expected True or False"),
        ({"start": 2023}, "start: got 2023 (a whole number), expected a date"),
        ({"profiles": 3}, "profiles: got 3 (a whole number), expected a path"),
        ({"dependence": 0.5}, "dependence: got 0.5 (a number), expected text"),
        ({"columns": 5}, "columns: got 5 (a whole number), expected a name, or a sequence of names"),
        ({"only_dates": ("2023-12-24",)}, "only_dates: got ('2023-12-24',) (tuple), expected two dates"),
    ],
)
def test_wrong_types_are_named(asked: RequestKeywords, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        vecgen.iterate_transactions(**{**asked, **wrong})
    assert isinstance(caught.value, TypeError)


def test_one_name_is_one_column(asked: RequestKeywords) -> None:
    assert vecgen.generate_transactions(columns="amt", **asked).column_names == ["amt"]
    assert vecgen.generate_customers(columns="ssn,dob", **asked).column_names == ["ssn", "dob"]
