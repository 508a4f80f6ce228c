"""Files as the public dataset has them, made of a dataset by plain pyarrow, not by the writers under test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from tests.support.datasets import read_rows

HEADER = (
    "trans_date_trans_time,cc_num,merchant,category,amt,first,last,gender,street,city,state,zip,lat,long,city_pop,job,"
    "dob,trans_num,unix_time,merch_lat,merch_long,is_fraud"
)
NAMES = HEADER.split(",")
SEVEN_YEARS = 2557 * 86_400  # seconds from a date of 2016 or 2017 to that of seven years later


def read_public(dataset: Path, moved: int = 0) -> pa.Table:
    """Return the transactions of a dataset by time in the public columns, date and time as text.

    Args:
        moved: Seconds that are taken from `unix_time`.
    """
    rows = read_rows(dataset)
    moments = pc.binary_join_element_wise(rows["trans_date"].cast(pa.string()), rows["trans_time"], " ")
    merchants = pc.binary_join_element_wise("fraud_", rows["merchant"], "")
    columns = {name: rows[name] for name in NAMES[1:]} | {"merchant": merchants, NAMES[0]: moments}
    columns["unix_time"] = pc.subtract(rows["unix_time"], moved)
    return pa.table({name: columns[name] for name in NAMES}).sort_by(NAMES[0])


def write_public(dataset: Path, directory: Path, moved: int = 0) -> Path:
    """Write `fraudTrain.csv` and `fraudTest.csv` with commas, quotes and an index without a name."""
    directory.mkdir()
    table = read_public(dataset, moved)
    cut = table.num_rows * 7 // 10
    for name, part in (("fraudTrain", table.slice(0, cut)), ("fraudTest", table.slice(cut))):
        indexed = part.add_column(0, "", pa.array(np.arange(part.num_rows)))
        pacsv.write_csv(indexed, directory / f"{name}.csv")
    return directory


def write_bars(dataset: Path, directory: Path) -> Path:
    """Write one file with bars in place of commas, without quotes or an index."""
    directory.mkdir()
    table = read_public(dataset)
    texts = [column.cast(pa.string()).to_pylist() for column in table.columns]
    lines = ["|".join(NAMES), *map("|".join, zip(*texts, strict=True))]
    (directory / "fraud.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return directory
