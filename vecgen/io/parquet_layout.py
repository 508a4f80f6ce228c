"""The Parquet encoding of each column, in one table, with the measurement behind each choice.

By default nothing but PLAIN and dictionaries, which old Parquet readers know; tests/matrix has such files read by every
reader and version in the README's table. `compact` takes newer encodings, which many of them refuse.

Figures are ns and bytes a row, one column written alone, one core, row group of 153,000 rows of 2,100 customers,
snappy. What repeats per customer comes in runs of many rows: text is handed over as dictionaries, and numbers are left
plain, since snappy folds their runs at a fraction of the cost of finding a dictionary. A byte costs half a nanosecond
to write and to check, so what saves one must not cost much more: amounts and moments are left as they are, 31 of 170 ns
for 9 of 82 bytes. Times of day shrink to less than half, and are folded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

Compression = Literal["snappy", "zstd", "none"]
Encodings = Literal["portable", "compact"]
Encoding = Literal["dictionary", "PLAIN", "DELTA_BINARY_PACKED", "DELTA_LENGTH_BYTE_ARRAY", "BYTE_STREAM_SPLIT"]

_WRITE_BATCH_ROWS: Final = 65_536  # rows of a column encoded in one call: 14 ns less, over all columns, than 1,024


@dataclass(frozen=True)
class Layout:
    """How a column is written.

    Attributes:
        statistics: Minimum and maximum per row group and page, for columns that queries filter by and the order of
            rows makes selective. On a dictionary of text they cost 7 to 50 ns.
        snappy: False where snappy finds nothing to fold; zstd always does.
    """

    encoding: Encoding
    statistics: bool = False
    snappy: bool = True

    def choose_codec(self, compression: Compression) -> Compression:
        """Return how the column is compressed where `compression` is asked for."""
        return "none" if compression == "snappy" and not self.snappy else compression


_CUSTOMER_TEXT: Final = Layout("dictionary")  # 4 ns, 0.1 to 0.3 bytes

_PORTABLE: Final = {
    "customer_id": Layout("PLAIN"),
    "lat": Layout("PLAIN"),  # 2 ns, 0.6 bytes; dictionary 9 ns, 0.2 bytes
    "long": Layout("PLAIN"),
    "city_pop": Layout("PLAIN"),  # 1.7 ns, 0.3 bytes; dictionary 7 ns, 0.1 bytes
    "dob": Layout("PLAIN"),  # 1.8 ns, 0.3 bytes; dictionary 8 ns, 0.1 bytes
    "profile": Layout("dictionary", statistics=True),  # prunes where the layout has no profile_group
    "trans_num": Layout("PLAIN", snappy=False),  # random digits: 12 ns, 36 bytes; snappy 126 ns, 32 bytes
    "trans_date": Layout("PLAIN", statistics=True),  # 6 ns, 1.3 bytes; dictionary 10 ns, 0.6 bytes
    # 24 ns, 5.5 bytes; without snappy 5 ns, 12 bytes; dictionary 82 ns, 4.5 bytes, made beforehand 29 ns, 3.7 bytes
    "trans_time": Layout("PLAIN"),
    "unix_time": Layout("PLAIN", statistics=True, snappy=False),  # 2 ns, 8 bytes; snappy 14 ns, 5.0 bytes
    "category": Layout("dictionary"),  # 7 ns, 0.5 bytes
    "amt": Layout("PLAIN", snappy=False),  # 1.4 ns, 8 bytes; dictionary 20 ns, 2.5 bytes; snappy 15 ns, 4.7 bytes
    "is_fraud": Layout("PLAIN", statistics=True),  # 2 ns, 0.2 bytes; dictionary 4 ns
    "merchant": Layout("dictionary"),  # 12 ns, 2.1 bytes
    "merch_lat": Layout("PLAIN", snappy=False),  # 1.5 ns, 8 bytes, with snappy, too
    "merch_long": Layout("PLAIN", snappy=False),
    "fraud_probability": Layout("PLAIN", snappy=False),
    # 4 ns, 1.3 bytes, where all rows of a day share theirs, else 8 bytes; without snappy 1.2 ns, 8 bytes
    "day_fraud_probability": Layout("PLAIN"),
    "trans_date_trans_time": Layout("PLAIN", statistics=True),
    "reported_date": Layout("PLAIN", statistics=True),  # of few rows
}

# Bytes with zstd in brackets.
_COMPACT: Final = {
    **_PORTABLE,
    "trans_num": Layout("DELTA_LENGTH_BYTE_ARRAY", snappy=False),  # 36 ns, 32 bytes (16; plain 17)
    "trans_date": Layout("DELTA_BINARY_PACKED", statistics=True),  # 8 ns, 0.6 bytes (0.4; dictionary 0.5)
    "trans_time": Layout("DELTA_LENGTH_BYTE_ARRAY"),  # 47 ns, 5.0 bytes (3.1; plain 3.9)
    "unix_time": Layout("DELTA_BINARY_PACKED", statistics=True),  # 10 ns, 2.8 bytes (2.7; plain 3.2)
    "amt": Layout("dictionary"),  # 20 ns, 2.5 bytes (2.3; plain 3.2)
    "merch_lat": Layout("BYTE_STREAM_SPLIT"),  # 6 ns, 6.8 bytes (6.4; plain 7.2)
    "merch_long": Layout("BYTE_STREAM_SPLIT"),
}

_LAYOUTS: Final = {"portable": _PORTABLE, "compact": _COMPACT}


def choose_layout(column: str, encodings: Encodings) -> Layout:
    """Return how a column is written."""
    return _LAYOUTS[encodings].get(column, _CUSTOMER_TEXT)


def writer_options(columns: list[str], compression: Compression, encodings: Encodings) -> dict[str, Any]:
    """Return the keyword arguments with which PyArrow's ParquetWriter lays out `columns`."""
    layouts = {name: choose_layout(name, encodings) for name in columns}
    encoded = {name: layout.encoding for name, layout in layouts.items() if layout.encoding != "dictionary"}
    return {
        "version": "2.6",  # of logical types; this and the next are PyArrow's defaults, which may move on
        "data_page_version": "1.0",
        "compression": {name: layout.choose_codec(compression) for name, layout in layouts.items()},
        "use_dictionary": [name for name in columns if name not in encoded],
        "column_encoding": encoded,
        "write_statistics": [name for name, layout in layouts.items() if layout.statistics],
        "write_page_index": True,
        "write_batch_size": _WRITE_BATCH_ROWS,
        "store_schema": False,  # else PyArrow would read text back as dictionaries, unlike every other reader
    }
