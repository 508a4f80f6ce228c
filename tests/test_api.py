"""Tables from plain calls: the rows of a dataset, no more columns and days than asked for, one call from any frame."""

from __future__ import annotations

import inspect
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

import vecgen
from tests.conftest import LAW, WINTER
from tests.datasets import read_people, read_rows
from vecgen.api import Asked
from vecgen.arrow import arrow_schema
from vecgen.errors import InputError
from vecgen.receipt import Receipt
from vecgen.schema import COLUMNS, CUSTOMER_COLUMNS

Dataset = tuple[Path, Receipt]


@pytest.fixture(scope="module")
def asked(profiles: Path, demographics: Path) -> Asked:
    """Return the keywords of the fixture `plan`."""
    return {
        "customers": 60,
        "start": "2023-12-20",
        "end": WINTER.end,
        "fraud_rate": LAW.fraud_rate,
        "profiles": str(profiles),
        "demographics": demographics,
    }


def test_transactions_are_those_of_the_dataset(asked: Asked, parquet: Dataset) -> None:
    rows = vecgen.generate_transactions(**asked)
    assert rows.schema == arrow_schema(COLUMNS)
    assert rows.sort_by("trans_num") == read_rows(parquet[0])


def test_customers_are_those_of_the_dataset(asked: Asked, parquet: Dataset) -> None:
    people = vecgen.generate_customers(**asked)
    assert people.schema == arrow_schema(CUSTOMER_COLUMNS)
    assert people.combine_chunks() == read_people(parquet[0])
    ids = vecgen.generate_customers(columns=["customer_id", "ssn"], **asked)
    assert ids["customer_id"].to_pylist() == list(range(60))
    assert ids["ssn"] == people["ssn"]


def test_columns_come_as_they_are_asked_for(asked: Asked) -> None:
    names = ["is_fraud", "customer_id", "amt", "ssn"]
    whole, some = vecgen.generate_transactions(**asked), vecgen.generate_transactions(columns=names, **asked)
    assert some.column_names == names
    assert some.drop_columns("customer_id") == whole.select(["is_fraud", "amt", "ssn"])


def test_dates_made_apart_are_the_whole(asked: Asked) -> None:
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


def test_batches_add_up_to_the_table(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vecgen.calendars.CHUNK_ROWS", 100)
    monkeypatch.setattr("vecgen.api._PEOPLE", 7)
    batches = list(vecgen.iterate_transactions(**asked))
    assert len(batches) > 20
    assert pa.Table.from_batches(batches) == vecgen.generate_transactions(**asked)
    people = list(vecgen.iterate_customers(**asked))
    assert [batch.num_rows for batch in people] == [7] * 8 + [4]
    assert pa.Table.from_batches(people) == vecgen.generate_customers(**asked)


def test_text_as_dictionaries_says_the_same(asked: Asked) -> None:
    for generate, columns in (
        (vecgen.generate_transactions, COLUMNS),
        (vecgen.generate_customers, CUSTOMER_COLUMNS),
    ):
        table = generate(text="dictionary", **asked)
        assert pa.types.is_dictionary(table.schema.field("state").type)
        assert table.cast(arrow_schema(columns)) == generate(**asked)


def test_frames_are_one_call_away(asked: Asked) -> None:
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
        ({"end": "2023-12-19"}, "--end: got '2023-12-19'"),
        ({"fraud_rate": 1.5}, "--fraud-rate: got 1.5"),
        ({"customers": 0}, "--customers: got 0"),
        ({"seed": -1}, "--seed: got -1"),
        ({"columns": ["amount"]}, "columns: got 'amount', expected each name once"),
        ({"only_dates": ("2023-12-24", "2024-02-01")}, "--only-dates: got '2023-12-24..2024-02-01'"),
        ({"text": "categories"}, "text: got 'categories', expected string or dictionary"),
    ],
)
def test_wrong_values_are_refused_at_the_call(asked: Asked, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message.replace("(", r"\(")):
        vecgen.iterate_transactions(**{**asked, **wrong})


def test_unknown_keywords_are_refused() -> None:
    with pytest.raises(TypeError, match="rate"):
        vecgen.generate_customers(rate=1)  # type: ignore[call-arg]


def test_the_keywords_of_all_functions_are_those_of_a_request() -> None:
    assert list(inspect.signature(vecgen.make_request).parameters) == list(Asked.__annotations__)


def test_the_package_is_imported_in_no_time_and_knows_its_names() -> None:
    code = (
        "import sys, vecgen; assert not {'numpy', 'pyarrow'} & set(sys.modules);"
        "from vecgen import *; assert set(vecgen.__all__) <= set(dir(vecgen));"
        "assert generate_transactions is vecgen.api.generate_transactions"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="no attribute 'generate_everything'"):
        vecgen.generate_everything  # type: ignore[attr-defined]  # noqa: B018
    assert all(inspect.getdoc(getattr(vecgen, name)) for name in vecgen.__all__)
