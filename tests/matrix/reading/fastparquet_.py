"""Read with fastparquet."""

from fastparquet import ParquetFile

from tests.matrix.reading.common import checksums, main


def read(path: str) -> dict[str, list[int]]:
    """Return the checksums of a directory."""
    frame = ParquetFile(path).to_pandas()
    return checksums({name: frame[name].tolist() for name in frame.columns})


main(read)
