"""Keywords of Python: the options of the command line, with values of Python."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vecgen
from tests.conftest import WINTER
from vecgen.cli.keywords import (
    ComparisonKeywords,
    ExpectationKeywords,
    ExportKeywords,
    FitKeywords,
    OutputKeywords,
    RequestKeywords,
    SplitKeywords,
    list_keywords,
)
from vecgen.cli.main import make_command_parser
from vecgen.errors import InputError


def keywords_of(function: Callable[..., object]) -> set[str]:
    return set(inspect.signature(function).parameters)


@pytest.mark.parametrize("day", ["2023-12-20", "12-20-2023", date(2023, 12, 20), datetime(2023, 12, 20, 13, 5)])
def test_dates_have_the_forms_of_the_command_line(day: str | date) -> None:
    assert vecgen.make_request(start=day, end="2024-01-20") == vecgen.make_request(start=WINTER.start, end=WINTER.end)


def test_numbers_of_numpy_are_numbers() -> None:
    numbers: dict[str, Any] = {"customers": np.int64(7), "fraud_rate": np.float32(0.5), "travel": np.bool_(True)}
    assert vecgen.make_request(**numbers) == vecgen.make_request(customers=7, fraud_rate=0.5, travel=True)


def test_fraud_types_are_weights_or_names() -> None:
    given: list[Any] = [{"card_testing": 3, "bust_out": 1.0}, "bust_out,card_testing=3", ["card_testing=3", "bust_out"]]
    laws = [vecgen.make_request(fraud_types=types).law for types in given]
    assert laws == [laws[0]] * 3
    assert [(own.type.name, own.weight) for own in laws[0].fraud_types] == [("bust_out", 1.0), ("card_testing", 3.0)]
    assert vecgen.make_request(fraud_types=None) == vecgen.make_request(fraud_types={}) == vecgen.make_request()
    for wrong in (3, {"card_testing": "3"}, {3: 1.0}):
        with pytest.raises(TypeError, match=r"fraud_types: got .*, expected a dictionary of weights"):
            vecgen.make_request(fraud_types=wrong)  # type: ignore[arg-type]


def test_fraud_types_are_a_directory(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text("{}", encoding="utf-8")
    given: list[Any] = [tmp_path, str(tmp_path), {str(tmp_path): 1}, {str(tmp_path / "mine"): 1}]
    laws = [vecgen.make_request(fraud_types=types).law for types in given]
    assert laws == [laws[0]] * 4
    assert [own.type.name for own in laws[0].fraud_types] == ["mine"]
    for path in ("a\0/b", f"/{'x' * 5_000}/b"):
        with pytest.raises(InputError, match="expected a directory of fraud types"):
            vecgen.make_request(fraud_types=path)


def test_unknown_keywords_are_refused() -> None:
    with pytest.raises(TypeError, match="unknown keyword 'custmers'; did you mean 'customers'"):
        vecgen.generate_customers(custmers=1)  # type: ignore[call-arg]


def test_what_excludes_each_other_is_refused() -> None:
    with pytest.raises(InputError, match="not both customers and customers_file"):
        vecgen.generate_customers(customers=60, customers_file="c.csv")


def options_of(*command: str) -> set[str]:
    """Return the options of a command line as keywords."""
    parser = make_command_parser(command)
    for word in command:
        (actions,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
        parser = actions.choices[word]
    return set(list_keywords(parser)) - {"help"}


def test_keywords_are_the_options_of_the_command_line_and_of_spark() -> None:
    """What differs is named here: nothing else may."""
    written, asked, stated = (
        options_of("generate"),
        set(RequestKeywords.__annotations__),
        options_of("verify") - {"json"},
    )
    functions: list[Callable[..., object]] = [vecgen.write_dataset, vecgen.write_transactions, vecgen.write_customers]
    for function in functions:
        assert keywords_of(function) == written - {"plan"} == set(OutputKeywords.__annotations__)
    for name in ("customers", "transactions"):
        assert options_of(name) <= written
    functions = [vecgen.generate_customers, vecgen.iterate_customers, vecgen.generate_fraud_cases]
    for function in functions:
        assert keywords_of(function) == asked | {"columns", "text"}
    functions = [vecgen.generate_transactions, vecgen.iterate_transactions]
    for function in functions:
        assert keywords_of(function) == asked | {"columns", "text", "only_dates"}
    assert keywords_of(vecgen.make_request) == keywords_of(vecgen.estimate_ceiling) == asked <= written
    assert stated == set(ExpectationKeywords.__annotations__) | {"fast"}
    assert keywords_of(vecgen.verify_dataset) == stated | {"directory"}
    assert keywords_of(vecgen.measure_ceiling) == options_of("ceiling") - {"plan", "json"} | {"directory"}
    assert keywords_of(vecgen.write_report) == options_of("report") | {"directory"}
    assert inspect.signature(vecgen.verify_dataset).parameters["storage_option"].default is None  # and no list for all
    assert keywords_of(vecgen.fit_dataset) == options_of("fit") | {"directory"}
    assert keywords_of(vecgen.export_dataset) == options_of("export") | {"directory"}
    assert options_of("fit") == set(FitKeywords.__annotations__)
    assert keywords_of(vecgen.split_dataset) == options_of("split") | {"directory"}
    assert options_of("split") == set(SplitKeywords.__annotations__)
    assert options_of("export") == set(ExportKeywords.__annotations__)
    compared = options_of("compare") - {"json"}
    assert keywords_of(vecgen.compare_datasets) == compared | {"one", "other"}
    assert compared == set(ComparisonKeywords.__annotations__)
    assert keywords_of(vecgen.digest_dataset) == options_of("digest") | {"directory"}
    pytest.importorskip("pyspark")
    from vecgen.spark.source.datasource import _make_parser as make_source_parser

    own = {"table", "columns", "push_filters", "days_per_trigger", "rows_per_trigger"}
    assert set(list_keywords(make_source_parser())) - own == asked | {"only_dates", "batch_rows"}
