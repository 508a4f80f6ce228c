"""Read with DataFusion."""

from pathlib import Path

import datafusion
import pyarrow as pa
from datafusion import SessionConfig, SessionContext

from tests.matrix.reading.common import checksums, main, parse_keys

IS_OLD = int(datafusion.__version__.split(".")[0]) < 40
SETTINGS = {"datafusion.execution.listing_table_ignore_subdirectory": "false"}  # else old ones find no columns
KEYS = {"year": pa.int32(), "month": pa.int32(), "profile_group": pa.string()}


def read(path: str) -> dict[str, list[int]]:
    """Return the checksums of a directory; DataFusion is told which partition columns there are."""
    context = SessionContext(SessionConfig(SETTINGS))
    keys = list(KEYS.items()) if any(Path(path).glob("year=*")) else []
    context.register_parquet(
        "rows", path, table_partition_cols=[(name, "string") for name, _ in keys] if IS_OLD else keys
    )
    columns = pa.Table.from_batches(context.sql("SELECT * FROM rows").collect()).to_pydict()
    return checksums(parse_keys(columns) if IS_OLD else columns)


main(read)
