"""Reads customers files as the original writes them: lines separated by |, in which quotes are text."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from vecgen.errors import InputError
from vecgen.io.customer_file.columns import check_columns
from vecgen.io.customer_file.origin import Origin
from vecgen.io.schema import CUSTOMER_COLUMNS

DELIMITER: Final = "|"

_BLOCK: Final = 1 << 20  # bytes; no line may be longer
_MAX_HEADER: Final = 1 << 16
_NAMES: Final = [column.name for column in CUSTOMER_COLUMNS]
_UNPACK: Final = "decompress it"
_MAGIC: Final = {
    b"\x1f\x8b": ("gzip", _UNPACK),
    b"\x28\xb5\x2f\xfd": ("Zstandard", _UNPACK),
    b"PK\x03\x04": ("zip", _UNPACK),
    b"PAR1": ("Parquet", "let its name end in .parquet"),
}
_MARKS: Final = {codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16"}


def read_csv(path: Path) -> tuple[pa.Table, Origin]:
    """Read the columns of customers as text; blank lines are dropped.

    Raises:
        InputError: Bytes that are not UTF-8, a wrong header, or a line with too few or too many fields.
    """
    _check_bytes(path)
    check_columns(path, _read_header(path))
    table = _read_lines(path)
    kept = np.flatnonzero(~_find_blank(table))
    if len(kept) == table.num_rows:
        return table, Origin(str(path), "line", table.num_rows, 2)
    return table.take(pa.array(kept)), Origin(str(path), "line", len(kept), 2, kept + 2)


def _check_bytes(path: Path) -> None:
    """Decode a file as a check only: how the CSV reader treats other bytes depends on their position."""
    decoder, read = codecs.getincrementaldecoder("utf-8")(), 0
    with path.open("rb") as file:
        start = file.read(4)
        _refuse_other_formats(path, start)
        file.seek(0)
        for block in iter(lambda: file.read(_BLOCK), b""):
            held = len(decoder.getstate()[0])  # of the block before, whose last character was cut
            _decode(path, decoder, block, read - held)
            read += len(block)
        _decode(path, decoder, b"", read - len(decoder.getstate()[0]))


def _refuse_other_formats(path: Path, start: bytes) -> None:
    for magic, (name, remedy) in _MAGIC.items():
        if start.startswith(magic):
            raise InputError(str(path), "", f"a {name} file", "lines of text", remedy)
    for mark, name in _MARKS.items():
        if start.startswith(mark):
            raise InputError(str(path), "", f"text in {name}", "text in UTF-8", _spell_iconv(path, name.lower()))


def _decode(path: Path, decoder: codecs.IncrementalDecoder, block: bytes, offset: int) -> None:
    try:
        decoder.decode(block, final=not block)
    except UnicodeDecodeError as error:
        line = _count_lines(path, offset + error.start)
        found = f"byte 0x{error.object[error.start]:02x}"
        raise InputError(str(path), f"line {line}", found, "text in UTF-8", _spell_iconv(path, "latin1")) from None


def _spell_iconv(path: Path, encoding: str) -> str:
    return f"convert it: iconv -f {encoding} -t utf-8 {path.name} > utf8.csv, if {encoding} is what it is"


def _count_lines(path: Path, offset: int) -> int:
    """Return the number of the line that holds a byte, whichever way lines end."""
    ends, left = [0, 0], offset
    with path.open("rb") as file:
        while left > 0 and (block := file.read(min(left, _BLOCK))):
            ends = [ends[0] + block.count(b"\n"), ends[1] + block.count(b"\r")]
            left -= len(block)
    return 1 + max(ends)


def _read_header(path: Path) -> list[str]:
    with path.open("rb") as file:
        start = file.read(_MAX_HEADER)
    line = re.split(rb"[\r\n]", start, maxsplit=1)[0]
    if not start or len(line) == _MAX_HEADER:
        found = "a longer line" if start else "an empty file"
        raise InputError(str(path), "line 1", found, f"the header {DELIMITER.join(_NAMES)}")
    return line.decode("utf-8-sig").split(DELIMITER)


def _read_lines(path: Path) -> pa.Table:
    invalid: list[pyarrow.csv.InvalidRow] = []

    def note(row: pyarrow.csv.InvalidRow) -> Literal["skip", "error"]:
        invalid.append(row)
        return "error"

    try:
        return pyarrow.csv.read_csv(
            path,
            # Only the serial reader knows the number of a row.
            read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=_BLOCK),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=DELIMITER,
                quote_char=False,
                invalid_row_handler=note,
                # Blank lines are dropped later: here they would go uncounted.
                ignore_empty_lines=False,
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(_NAMES, pa.string()),
                include_columns=_NAMES,
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid as error:
        if invalid:
            expected = f"{invalid[0].expected_columns} fields, as in the header"
            found = f"{invalid[0].actual_columns} fields"
            raise InputError(str(path), f"line {invalid[0].number}", found, expected) from None
        if "straddling" in str(error):
            raise InputError(str(path), "", "a longer line", f"lines of at most {_BLOCK:,} bytes") from None
        raise


def _find_blank(table: pa.Table) -> npt.NDArray[np.bool_]:
    blank = np.ones(table.num_rows, dtype=np.bool_)
    for name in _NAMES:
        if blank.any():
            empty = pc.call_function("equal", [table.column(name), pa.scalar("")])
            blank &= np.asarray(empty, dtype=np.bool_)
    return blank
