"""Read with ClickHouse, inside this process."""

import json

import chdb

from tests.matrix.reading.common import main

COUNTS_AS = {
    "String": "toInt64(CRC32({}))",
    "Float64": "toInt64(round({} * 1e6))",
    "Date32": "toInt64(toInt32({}))",
}


def read(path: str) -> dict[str, list[int]]:
    """Return the checksums of a directory, computed in SQL."""
    source = f"file('{path}/**/*.parquet', Parquet)"
    setting = "SETTINGS use_hive_partitioning = 1, schema_inference_make_columns_nullable = 0"
    columns = [row.split("\t")[:2] for row in str(chdb.query(f"DESCRIBE {source} {setting}", "TSV")).splitlines()]
    kinds = {name: kind.replace("LowCardinality(", "").rstrip(")") for name, kind in columns}
    sums = [f"sum({COUNTS_AS.get(kind, 'toInt64({})').format(f'`{name}`')})" for name, kind in kinds.items()]
    found = chdb.query(f"SELECT count(), {', '.join(sums)} FROM {source} {setting}", "JSONCompactEachRow")
    rows, *totals = (int(value) for value in json.loads(str(found)))
    return {name: [rows, total] for name, total in zip(kinds, totals, strict=True)}


main(read)
