"""Transactions as a bank might hold them: one table, other names, stamps in one column, no order of customers."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from tests.support.datasets import read_rows

NAMES: Final = {
    "customer": "card",
    "time": "booked at",
    "category": "kind",
    "amount": "value",
    "merchant": "shop",
    "label": "bad",
    "lat": "home_y",
    "long": "home_x",
    "merch_lat": "y",
    "merch_long": "x",
    "birth_date": "born",
    "sex": "sex",
    "city_pop": "people",
}
LEAST: Final = {name: NAMES[name] for name in ("customer", "time", "category", "amount")}


def make_table(dataset: Path) -> pa.Table:
    """Return the transactions of a dataset as a table with the columns of NAMES, in the order of time."""
    rows = read_rows(dataset).to_pydict()
    stamps = [f"{day} {time}" for day, time in zip(rows["trans_date"], rows["trans_time"], strict=True)]
    columns: dict[str, Any] = {
        "card": [f"{ssn} {card}" for ssn, card in zip(rows["ssn"], rows["cc_num"], strict=True)],
        "booked at": pa.array(stamps).cast(pa.timestamp("s")),
        "kind": rows["category"],
        "value": rows["amt"],
        "shop": [f"fraud_{name}" for name in rows["merchant"]],
        "bad": [bool(label) for label in rows["is_fraud"]],
        "home_y": rows["lat"],
        "home_x": rows["long"],
        "y": rows["merch_lat"],
        "x": rows["merch_long"],
        "born": rows["dob"],
        "sex": [{"F": "female", "M": "Male"}[gender] for gender in rows["gender"]],
        "people": rows["city_pop"],
    }
    return pa.table(columns).sort_by("booked at")


def write_csv(table: pa.Table, path: Path, delimiter: str = ",") -> Path:
    """Write a table with a header and quotes where they are needed."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(table.column_names)
        writer.writerows(zip(*table.to_pydict().values(), strict=True))
    return path


def write_parquet(table: pa.Table, path: Path) -> Path:
    """Write a table."""
    pq.write_table(table, path)
    return path


def spell_map(names: dict[str, str]) -> str:
    """Return a map as the command line takes it."""
    return ",".join(f"{ours}={theirs}" for ours, theirs in names.items())
