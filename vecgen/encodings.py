"""How each column is laid out in Parquet: one table, with the measurement that decided each row.

Figures are ns and bytes a row, one column written alone, one core, row group of 173,000 rows of 2,400 customers,
snappy. What repeats per customer comes in runs of many rows: text is handed over as dictionaries, and numbers are left
plain, since snappy folds their runs at a fraction of the cost of finding a dictionary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

Compression = Literal["snappy", "zstd", "none"]
Encoding = Literal["dictionary", "PLAIN", "DELTA_BINARY_PACKED", "DELTA_LENGTH_BYTE_ARRAY", "BYTE_STREAM_SPLIT"]

_WRITE_BATCH_ROWS: Final = 65_536  # rows of a column encoded in one call: 14 ns less, over all columns, than 1,024


@dataclass(frozen=True)
class Layout:
    """How a column is written.

    Attributes:
        statistics: Minimum and maximum per row group and page, on what people filter by and the order of rows makes
            selective. On a dictionary column they cost 7 to 50 ns.
        compressed: False where snappy finds nothing to fold.
    """

    encoding: Encoding
    statistics: bool = False
    compressed: bool = True


_CUSTOMER_TEXT: Final = Layout("dictionary")  # 4 ns, 0.1 to 0.3 bytes

_LAYOUTS: Final = {
    "customer_id": Layout("PLAIN"),
    "lat": Layout("PLAIN"),  # 2.5 ns, 0.5 bytes; dictionary 10.5 ns, 0.1 bytes
    "long": Layout("PLAIN"),
    "city_pop": Layout("PLAIN"),  # 1.7 ns, 0.3 bytes; dictionary 7 ns, 0.1 bytes
    "dob": Layout("PLAIN"),  # 1.8 ns, 0.3 bytes; dictionary 8 ns, 0.1 bytes
    "profile": Layout("dictionary", statistics=True),  # prunes where the layout has no profile_group
    # Random digits: plain and uncompressed 16 ns, 36 bytes; DELTA_LENGTH_BYTE_ARRAY 50 ns, 32 bytes; snappy on top adds
    # 9 ns and saves 0.1 bytes.
    "trans_num": Layout("PLAIN", compressed=False),
    "trans_date": Layout("DELTA_BINARY_PACKED", statistics=True),  # 7 ns, 0.5 bytes; dictionary 14 ns, 0.5 bytes
    "trans_time": Layout("PLAIN"),  # 32 ns, 5.5 bytes; dictionary 90 ns, 4.3 bytes
    "unix_time": Layout("DELTA_BINARY_PACKED", statistics=True),  # 10 ns, 2.8 bytes; plain 17 ns, 5.0 bytes
    "category": Layout("dictionary"),  # 7 ns, 0.5 bytes
    "amt": Layout("BYTE_STREAM_SPLIT"),  # 7 ns, 7.1 bytes; plain 18 ns, 4.8 bytes
    "is_fraud": Layout("PLAIN", statistics=True),  # 1.3 ns, 0.2 bytes; dictionary 7 ns
    "merchant": Layout("dictionary"),  # 12 ns, 2.1 bytes
    "merch_lat": Layout("BYTE_STREAM_SPLIT"),  # 7 ns, 6.7 bytes; plain 5 ns, 8 bytes
    "merch_long": Layout("BYTE_STREAM_SPLIT"),
}

# With zstd people ask for small files: hexadecimal digits fold to half.
_ZSTD_LAYOUTS: Final = {"trans_num": Layout("DELTA_LENGTH_BYTE_ARRAY")}  # 83 ns, 16 bytes; plain 142 ns, 17 bytes


def choose_layout(column: str, compression: Compression) -> Layout:
    """Return how a column is written under a compression."""
    layouts = {**_LAYOUTS, **_ZSTD_LAYOUTS} if compression == "zstd" else _LAYOUTS
    return layouts.get(column, _CUSTOMER_TEXT)


def writer_options(columns: list[str], compression: Compression) -> dict[str, Any]:
    """Return the keyword arguments with which PyArrow's ParquetWriter lays out `columns`."""
    layouts = {name: choose_layout(name, compression) for name in columns}
    encodings = {name: layout.encoding for name, layout in layouts.items() if layout.encoding != "dictionary"}
    return {
        "compression": {n: compression if layout.compressed else "none" for n, layout in layouts.items()},
        "use_dictionary": [name for name in columns if name not in encodings],
        "column_encoding": encodings,
        "write_statistics": [name for name, layout in layouts.items() if layout.statistics],
        "write_page_index": True,
        "write_batch_size": _WRITE_BATCH_ROWS,
        "store_schema": False,  # else PyArrow would read text back as dictionaries, unlike every other reader
    }
