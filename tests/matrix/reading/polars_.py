"""Read with Polars."""

import polars as pl

from tests.matrix.reading.common import checksums, main


def read(path: str) -> dict[str, list[int]]:
    """Return the checksums of a directory."""
    frame = pl.scan_parquet(f"{path}/**/*.parquet", hive_partitioning=True).collect()
    return checksums(frame.to_dict(as_series=False))


main(read)
