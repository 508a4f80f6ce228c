"""Read with PyArrow, as pandas does by default."""

import pyarrow.dataset as ds

from tests.matrix.reading.common import checksums, main


def read(path: str) -> dict[str, list[int]]:
    """Return the checksums of a directory."""
    return checksums(ds.dataset(path, partitioning="hive").to_table().to_pydict())


main(read)
