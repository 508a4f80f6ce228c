"""Cards copied at compromised merchants, counted in made-up rows, and what is wrong about what cases state."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES, load_demographics, load_profiles
from vecgen.io.schema import arrow_schema
from vecgen.model.exact import write_out
from vecgen.model.fraud.fraud_type import Compromise, FraudType, WeightedType
from vecgen.model.params import ModelParameters, Period
from vecgen.scan.groups.copies import CASE_COLUMNS, CopyCounts, CopyReader
from vecgen.scan.row_checks import Columns, hash_holders
from vecgen.verify.fraud.copied_cards import make_copy_reader

START = date(2023, 1, 1)
KINDS = (FraudType("plain"), FraudType("copied", compromised=Compromise(2, ("home", "travel"))))
LAW = ModelParameters(Period(START, date(2023, 3, 31)), 1.0, fraud_types=tuple(WeightedType(k, 1.0) for k in KINDS))
MODEL = write_out(load_profiles(DEFAULT_PROFILES), LAW)
MERCHANTS = load_demographics(DEFAULT_DEMOGRAPHICS).merchants
HOME, TRAVEL, FOOD = (MODEL.categories.index(name) for name in ("home", "travel", "food_dining"))


def state(
    number: int, day: int | None = 35, category: str = "home", merchant: str = "", **changes: Any
) -> dict[str, Any]:
    """Return a case whose window starts on day 40, by default with a right purchase on day 35."""
    known = merchant or compromised(35, category)
    copied = {"compromised_category": category, "compromised_merchant": known} if day is not None else {}
    return {
        "ssn": f"{number:03}-00-0000",
        "cc_num": f"{number}",
        "window_first": START + timedelta(days=40),
        "fraud_type": "copied",
        "compromised_date": None if day is None else START + timedelta(days=day),
        "compromised_category": None,
        "compromised_merchant": None,
        **copied,
        **changes,
    }


def compromised(day: int, category: str) -> str:
    """Return the compromised merchant of a category."""
    reader = make_copy_reader(MODEL, MERCHANTS, 7, [])
    assert reader is not None
    return reader.names[MODEL.categories.index(category)][int(reader.tables.month[day])]


def open_cases(*cases: dict[str, Any]) -> CopyReader:
    table = pa.Table.from_pylist([*cases], schema=arrow_schema(CASE_COLUMNS))
    reader = make_copy_reader(MODEL, MERCHANTS, 7, table.to_batches())
    assert reader is not None
    return reader


def read(reader: CopyReader, case: dict[str, Any], *rows: tuple[int, int, str, int]) -> CopyCounts:
    """Count rows (day, category, merchant, label) of the customer of a case."""
    holder = hash_holders(pa.RecordBatch.from_pylist([case], schema=arrow_schema(CASE_COLUMNS)))
    names = [name for _, _, name, _ in rows]
    own: dict[str, Any] = {f.name: np.zeros(len(rows), dtype=np.int64) for f in fields(Columns)}
    own["day"], own["category"] = (np.array([row[place] for row in rows], dtype=np.int64) for place in (0, 1))
    own["is_fraud"] = np.array([row[3] for row in rows], dtype=np.int8)
    own["holder"] = np.repeat(holder, len(rows))
    coded = pa.array(names, pa.string()).dictionary_encode()
    own["merchant"], own["merchants"] = coded.indices.to_numpy().astype(np.int64), coded.dictionary
    counts = CopyCounts.start(reader)
    reader.read(Columns(**own), counts)
    return counts


def test_a_right_case_is_shown_and_counted() -> None:
    case = state(1)
    reader, place = open_cases(case, state(2, None)), compromised(35, "home")
    counts = read(reader, case, (35, HOME, place, 0), (35, HOME, "Elsewhere", 0), (35, FOOD, "Elsewhere", 0))
    assert reader.count_wrong(counts) == 0
    assert counts.compromised[1, HOME] == counts.compromised.sum() == 1
    assert sorted(counts.shown.tolist()) == [0, 1]
    assert sorted(counts.exposed.tolist()) == [0, 2]
    moved = reader.list_moved(counts)
    assert moved[1, HOME] == moved.sum() == 1
    assert reader.chances[1, HOME] == pytest.approx(1 / 500, rel=0.5)


def test_counts_of_parts_add_up() -> None:
    case = state(1)
    reader, total = open_cases(case), CopyCounts.start(open_cases(case))
    for _ in range(2):
        total.add(read(reader, case, (35, HOME, compromised(35, "home"), 0)))
    assert (total.shown.tolist(), total.exposed.tolist(), total.compromised.sum()) == ([2], [2], 2)
    nothing = CopyCounts.start(None)
    nothing.add(CopyCounts.start(None))
    assert nothing.compromised.size == 0


PLACE = compromised(35, "home")


@pytest.mark.parametrize(
    ("case", "row"),
    [
        (state(1), (34, HOME, PLACE, 0)),  # on another day
        (state(1), (35, HOME, "Elsewhere", 0)),
        (state(1), (35, HOME, PLACE, 1)),  # a fraudulent row
        (state(1, None), (35, TRAVEL, "Elsewhere", 0)),  # it could have been copied, and nothing is stated
        (state(1, merchant="Elsewhere"), (35, HOME, PLACE, 0)),
        (state(1, 25), (25, HOME, compromised(25, "home"), 0)),  # three weeks before
        (state(1, 40), (40, HOME, PLACE, 0)),  # in the window
        (state(1, 25, window_first=START + timedelta(days=30)), (25, HOME, PLACE, 0)),  # of another month
        (state(1, category="food_dining"), (35, FOOD, compromised(35, "food_dining"), 0)),  # of no such category
        (state(1, fraud_type="plain"), (35, HOME, PLACE, 0)),
        (state(1, fraud_type="strange"), (35, HOME, PLACE, 0)),
        (state(1, None, compromised_merchant=PLACE), (50, HOME, "Elsewhere", 0)),
        (state(1, compromised_category="strange"), (35, HOME, PLACE, 0)),
        (state(1, 200), (35, HOME, PLACE, 0)),  # after the period
    ],
)
def test_a_wrong_case_is_counted(case: dict[str, Any], row: tuple[int, int, str, int]) -> None:
    reader = open_cases(case)
    assert reader.count_wrong(read(reader, case, row)) == 1


def test_rows_of_others_say_nothing_of_a_case() -> None:
    reader = open_cases(state(1, None))
    counts = read(reader, state(3), (35, HOME, PLACE, 0))
    assert reader.count_wrong(counts) == 0
    assert counts.compromised.sum() == 1
    assert read(open_cases(), state(3), (35, HOME, PLACE, 0)).compromised.sum() == 1


def test_without_such_a_type_there_is_nothing_to_read() -> None:
    law = ModelParameters(LAW.period, 1.0, fraud_types=(WeightedType(KINDS[0], 1.0),))
    assert make_copy_reader(write_out(load_profiles(DEFAULT_PROFILES), law), MERCHANTS, 7, []) is None
    assert (law.copies_cards, LAW.copies_cards) == (False, True)
