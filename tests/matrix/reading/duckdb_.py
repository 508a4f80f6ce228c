"""Read with DuckDB."""

import duckdb

from tests.matrix.reading.common import checksums, main, parse_keys

IS_OLD = duckdb.__version__.startswith("0.8.")


def read(path: str) -> dict[str, list[int]]:
    """Return the checksums of a directory."""
    found = duckdb.connect().execute(f"SELECT * FROM read_parquet('{path}/**/*.parquet', hive_partitioning = true)")
    names = [column[0] for column in found.description]
    columns = dict(zip(names, zip(*found.fetchall(), strict=True), strict=True))
    return checksums(parse_keys(columns) if IS_OLD else columns)


main(read)
