"""Customers files of the user: every value checked, every refusal with its file, row and column."""

from __future__ import annotations

import codecs
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from vecgen.customer_table import CUSTOMER_SCHEMA
from vecgen.errors import InputError
from vecgen.json_value import shorten
from vecgen.profile import SUFFIX
from vecgen.schema import CUSTOMER_COLUMNS, ColumnType

Chunks: TypeAlias = "pa.ChunkedArray[Any]"

DELIMITER: Final = "|"

_BLOCK: Final = 1 << 20
_BOUNDS: Final = {"lat": (-90.0, 90.0), "long": (-180.0, 180.0), "city_pop": (0, 2**31 - 1)}
_FIRST_DAY, _LAST_DAY = ((day - date(1970, 1, 1)).days for day in (date.min, date.max))
_KINDS: Final[dict[ColumnType, str]] = {
    "text": "text, so that leading zeros survive",
    "float64": "a number",
    "int32": "a whole number",
    "date": "a date YYYY-MM-DD",
}


@dataclass(frozen=True, eq=False)
class _Source:
    """A customers file, and the number by which the user finds each of its rows again."""

    where: str
    row_name: str
    numbers: npt.NDArray[np.int64]

    def fail(self, row: int, column: str, value: object, expected: str, remedy: str = "") -> InputError:
        place = f"{self.row_name} {self.numbers[row]}, {column}"
        return InputError(self.where, place, shorten(value), expected, remedy)

    def fail_at(self, column: Chunks, row: int, name: str, expected: str, remedy: str = "") -> InputError:
        return self.fail(row, name, _show(column, row), expected, remedy)


def read_customers(path: str | Path, profile_names: Sequence[str]) -> pa.Table:
    """Read a user's customers as a table of CUSTOMER_SCHEMA, `customer_id` being the position of the row.

    Args:
        path: A `.csv` file (separated by |, with a header), a `.parquet` file, or a directory of such files, which are
            read in the order of their names; names that begin with "_" or "." are skipped. Columns may stand in any
            order, others than those of `schema.CUSTOMER_COLUMNS` are ignored.
        profile_names: The profiles a customer may have, with or without suffix.

    Raises:
        InputError: A path that cannot be read, a missing column, a row with too few or too many fields, a value of the
            wrong type or outside its range, an unknown profile, or no customer at all.
    """
    where = Path(path)
    known = pa.array([name.removesuffix(SUFFIX) for name in profile_names], pa.string())
    table = pa.concat_tables([_read_file(file, known) for file in _list_files(where)])
    if not table.num_rows:
        raise InputError(str(where), "", "no rows", "at least one customer")
    return table.add_column(0, CUSTOMER_SCHEMA.field(0), pa.array(np.arange(table.num_rows)))


def _list_files(path: Path) -> list[Path]:
    if not os.path.exists(path):
        raise InputError(str(path), "", "no such file or directory", "a customers file or a directory of such files")
    try:
        files = sorted(path.iterdir()) if path.is_dir() else [path]
    except OSError as error:
        raise InputError(str(path), "", error.strerror, "a directory that can be read") from None
    files = [f for f in files if f.suffix in (".csv", ".parquet") and (f == path or f.name[0] not in "_.")]
    if not files:
        raise InputError(str(path), "", "neither", "a file name that ends in .csv or .parquet")
    for file in files:
        if not file.is_file():  # to open a pipe might wait for ever
            raise InputError(str(file), "", "something else", "a file")
    return files


def _read_file(path: Path, profiles: pa.StringArray) -> pa.Table:
    is_csv = path.suffix == ".csv"
    try:
        if is_csv:
            _check_utf8(path)
        raw = _read_csv(path) if is_csv else _read_parquet(path)
    except (pa.ArrowException, OSError, UnicodeError) as error:
        found = shorten((str(error).splitlines() or [type(error).__name__])[0])
        raise InputError(str(path), "", found, f"a readable {path.suffix[1:]} file") from error
    if is_csv:
        raw, numbers = _drop_blank_lines(raw)
        source = _Source(str(path), "line", numbers)
    else:
        source = _Source(str(path), "row", np.arange(1, raw.num_rows + 1))
    columns = [_convert(source, c.name, c.type, raw.column(c.name)) for c in CUSTOMER_COLUMNS]
    columns[-1] = _check_profiles(source, columns[-1], profiles)
    return pa.Table.from_arrays(columns, schema=pa.schema(list(CUSTOMER_SCHEMA)[1:]))


def _check_utf8(path: Path) -> None:
    """Decode a file and forget it: what the CSV reader makes of other bytes depends on where they stand."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(_BLOCK), b""):
            decoder.decode(block)
    decoder.decode(b"", final=True)


def _read_csv(path: Path) -> pa.Table:
    invalid: list[pyarrow.csv.InvalidRow] = []

    def note(row: pyarrow.csv.InvalidRow) -> Literal["skip", "error"]:
        invalid.append(row)
        return "error"

    try:
        table = pyarrow.csv.read_csv(
            path,
            # Only the serial reader knows the number of a row.
            read_options=pyarrow.csv.ReadOptions(use_threads=False),
            parse_options=pyarrow.csv.ParseOptions(
                # Blank lines are dropped later: here they would go uncounted.
                delimiter=DELIMITER,
                invalid_row_handler=note,
                ignore_empty_lines=False,
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types={column.name: pa.string() for column in CUSTOMER_COLUMNS}, strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        if not invalid:
            raise
        expected = f"{invalid[0].expected_columns} fields, as in the header"
        found = f"{invalid[0].actual_columns} fields"
        raise InputError(str(path), f"line {invalid[0].number}", found, expected) from None
    _check_columns(path, table.column_names)
    return table


def _drop_blank_lines(table: pa.Table) -> tuple[pa.Table, npt.NDArray[np.int64]]:
    """Return the rows that hold anything, and the line of the file each stands on (the header is line 1)."""
    numbers = np.arange(2, table.num_rows + 2)
    blank = np.ones(table.num_rows, dtype=np.bool_)
    for column in CUSTOMER_COLUMNS:
        if blank.any():
            texts = table.column(column.name)
            blank &= np.asarray(pc.call_function("equal", [texts, pa.scalar("")]), dtype=np.bool_)
    return (table.filter(pa.array(~blank)), numbers[~blank]) if blank.any() else (table, numbers)


def _read_parquet(path: Path) -> pa.Table:
    with pyarrow.parquet.ParquetFile(path) as file:
        _check_columns(path, file.schema_arrow.names)
        return file.read(columns=[column.name for column in CUSTOMER_COLUMNS])


def _check_columns(path: Path, names: Sequence[str]) -> None:
    wanted = [column.name for column in CUSTOMER_COLUMNS]
    for name in wanted:
        if names.count(name) != 1:
            remedy = f"separate the columns by {DELIMITER}" if len(names) == 1 else f"needed are {', '.join(wanted)}"
            raise InputError(str(path), f"column {name}", f"{names.count(name)} times", "each column once", remedy)


def _convert(source: _Source, name: str, kind: ColumnType, column: Chunks) -> Chunks:
    """Return a column in its type of CUSTOMER_SCHEMA, every value present and within its bounds."""
    if column.null_count:
        row = _find(column.is_null(), True)
        raise source.fail(row, name, None, _KINDS[kind])
    if not _may_hold(column.type, kind):
        raise InputError(source.where, f"column {name}", shorten(str(column.type)), _KINDS[kind])
    _check_encoding(source, name, column)
    target = CUSTOMER_SCHEMA.field(name).type
    if not _can_cast(column, target):
        raise source.fail_at(column, _find_uncastable(column, target), name, _KINDS[kind])
    converted = column.cast(target)
    if name in _BOUNDS:
        _check_bounds(source, name, converted, *_BOUNDS[name])
    elif kind == "date":
        days = converted.cast(pa.int32())
        row = _find_outside(days, _FIRST_DAY, _LAST_DAY)
        if row >= 0:
            raise source.fail_at(column, row, name, f"a date from {date.min} to {date.max}")
    return converted


def _may_hold(type_: pa.DataType, kind: ColumnType) -> bool:
    """Return whether a column of this type may stand for `kind`: Arrow would also turn truth values into numbers."""
    inner = type_.value_type if pa.types.is_dictionary(type_) else type_
    types = pa.types
    is_text = types.is_string(inner) or types.is_large_string(inner) or types.is_string_view(inner)
    if kind == "text":
        return bool(is_text)
    if kind == "date":
        return bool(is_text or types.is_date(inner) or types.is_timestamp(inner))
    return bool(is_text or types.is_integer(inner) or types.is_floating(inner) or types.is_decimal(inner))


def _check_encoding(source: _Source, name: str, column: Chunks) -> None:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid as error:
        found = shorten(str(error).splitlines()[0])
        raise InputError(source.where, f"column {name}", found, "valid values, text in UTF-8") from None


def _can_cast(column: Chunks, target: pa.DataType) -> bool:
    try:
        column.cast(target)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return False
    return True


def _show(column: Chunks, row: int) -> object:
    """Return what an error shows of a value."""
    try:
        return column[row].as_py()
    except (ValueError, OverflowError):  # a moment that Python's calendar does not reach
        return f"a {column.type} beyond the calendar"


def _find_uncastable(column: Chunks, target: pa.DataType) -> int:
    """Return the first row of a column that cannot be cast, by bisection."""
    low, high = 0, len(column)
    while high - low > 1:
        middle = (low + high) // 2
        if _can_cast(column.slice(low, middle - low), target):
            low = middle
        else:
            high = middle
    return low


def _check_bounds(source: _Source, name: str, column: Chunks, low: float, high: float) -> None:
    row = _find_outside(column, low, high)
    if row >= 0:
        raise source.fail_at(column, row, name, f"a number from {low} to {high}")


def _find_outside(column: Chunks, low: float, high: float) -> int:
    """Return the first row outside the bounds, -1 where there is none."""
    # Not-a-number fails both comparisons.
    above, below = _compare("greater_equal", column, low), _compare("less_equal", column, high)
    inside: Chunks = pc.call_function("and", [above, below])
    return _find(inside, False)


def _compare(function: str, column: Chunks, bound: float) -> Chunks:
    compared: Chunks = pc.call_function(function, [column, pa.scalar(bound, type=column.type)])
    return compared


def _check_profiles(source: _Source, column: Chunks, profiles: pa.StringArray) -> Chunks:
    """Return the profile of each row with its suffix."""
    names = _strip_suffix(column)
    known: Chunks = pc.call_function("is_in", [names], pc.SetLookupOptions(profiles))
    row = _find(known, False)
    if row >= 0:
        expected = f"one of {', '.join(str(name) for name in profiles)}"
        raise source.fail_at(column, row, "profile", expected, "add the profile or correct the row")
    # By name, because the stubs know no mixture of arrays and scalars.
    with_suffix: Chunks = pc.call_function("binary_join_element_wise", [names, pa.scalar(SUFFIX), pa.scalar("")])
    return with_suffix


def _strip_suffix(column: Chunks) -> Chunks:
    options = pc.ReplaceSubstringOptions(rf"\{SUFFIX}$", "")
    stripped: Chunks = pc.call_function("replace_substring_regex", [column], options)
    return stripped


def _find(mask: Chunks, value: bool) -> int:
    """Return the first position of `value`, -1 where there is none."""
    return int(pc.call_function("index", [mask], pc.IndexOptions(pa.scalar(value))).as_py())
