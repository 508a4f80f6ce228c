"""Customers as Arrow tables: text made of codes a column at a time, and customers files of the user read back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from vecgen.customers import Customers, CustomerTables
from vecgen.errors import InputError
from vecgen.profile import SUFFIX
from vecgen.schema import CUSTOMER_COLUMNS, ColumnType
from vecgen.streams import U64

Bytes = npt.NDArray[np.uint8]
Chunks: TypeAlias = "pa.ChunkedArray[Any]"

_ARROW_TYPES: Final[dict[ColumnType, pa.DataType]] = {
    "text": pa.string(),
    "float64": pa.float64(),
    "int32": pa.int32(),
    "date": pa.date32(),
}

CUSTOMER_SCHEMA: Final = pa.schema(
    [
        pa.field("customer_id", pa.int64(), nullable=False),
        *(pa.field(column.name, _ARROW_TYPES[column.type], nullable=False) for column in CUSTOMER_COLUMNS),
    ]
)
"""Columns of every table of customers: the id, then those of `schema.CUSTOMER_COLUMNS`."""

DELIMITER: Final = "|"

_MAX_CARD_DIGITS: Final = 20  # whole groups of four
_DASH: Final = ord("-")
_BOUNDS: Final = {"lat": (-90.0, 90.0), "long": (-180.0, 180.0), "city_pop": (0, 2**31 - 1)}
_KINDS: Final[dict[ColumnType, str]] = {
    "text": "text, so that leading zeros survive",
    "float64": "a number",
    "int32": "a whole number",
    "date": "a date YYYY-MM-DD",
}


@dataclass(frozen=True, eq=False)
class _Texts:
    """Arrow text of every code, made once per set of tables."""

    first: pa.StringArray
    last: pa.StringArray
    gender: pa.StringArray
    building: pa.StringArray
    street_name: pa.StringArray
    street_suffix: pa.StringArray
    secondary: pa.StringArray
    city: pa.StringArray
    state: pa.StringArray
    zip: pa.StringArray
    job: pa.StringArray
    profile: pa.StringArray


def customers_to_arrow(tables: CustomerTables, customers: Customers) -> pa.Table:
    """Return `customers`, drawn from `tables`, as a table of CUSTOMER_SCHEMA; rows keep their order."""
    texts, places, place = _compile_texts(tables), tables.places, customers.place
    columns: list[pa.Array[Any]] = [
        pa.array(customers.id),
        _format_ssns(customers.ssn),
        _format_cards(customers.card, customers.card_length),
        _take(texts.first, customers.first),
        _take(texts.last, customers.last),
        _take(texts.gender, customers.age_gender),
        _join_streets(texts, customers),
        _take(texts.city, place),
        _take(texts.state, place),
        _take(texts.zip, place),
        pa.array(places.lat.take(place)),
        pa.array(places.long.take(place)),
        pa.array(places.city_pop.take(place).astype(np.int32)),
        _take(texts.job, customers.job),
        pa.array(customers.dob).view(pa.date32()),
        pa.array(customers.account).cast(pa.string()),
        _take(texts.profile, customers.profile),
    ]
    return pa.Table.from_arrays(columns, schema=CUSTOMER_SCHEMA)


# Keyed by identity: tables are frozen, live as long as a run, and take longer to turn into Arrow than a small batch.
@lru_cache(maxsize=2)
def _compile_texts(tables: CustomerTables) -> _Texts:
    words, places = tables.words, tables.places
    return _Texts(
        _to_array(words.first_female.texts + words.first_male.texts),
        _to_array(words.last.texts),
        _to_array(tables.gender),
        _to_array(words.building.texts),
        _to_array(words.street_name.texts),
        _to_array(words.street_suffix.texts),
        _to_array(words.secondary.texts),
        _to_array(places.city),
        _to_array(places.state),
        _to_array(places.zip),
        _to_array(words.job.texts),
        _to_array(name + SUFFIX for name in tables.profiles),
    )


def _to_array(texts: Iterable[str]) -> pa.StringArray:
    return pa.array(list(texts), type=pa.string())


def _take(texts: pa.StringArray, codes: npt.NDArray[np.integer]) -> pa.StringArray:
    return texts.take(pa.array(codes))


def _join_streets(texts: _Texts, customers: Customers) -> pa.StringArray:
    building = _take(texts.building, customers.building)
    name = _take(texts.street_name, customers.street_name)
    suffix = _take(texts.street_suffix, customers.street_suffix)
    secondary = _take(texts.secondary, customers.secondary)
    street: pa.StringArray = _join(" ", building, name, suffix)
    joined: pa.StringArray = _join("", street, secondary)
    return joined


def _join(separator: str, *parts: object) -> Any:
    # By name, because the stubs know no mixture of arrays and scalars.
    return pc.call_function("binary_join_element_wise", [*parts, pa.scalar(separator)])


def _format_ssns(ssns: npt.NDArray[np.int32]) -> pa.StringArray:
    digits = _format_digits(ssns.astype(np.uint64), 12)
    text = np.full((len(ssns), 11), _DASH, dtype=np.uint8)
    text[:, 0:3], text[:, 4:6], text[:, 7:11] = digits[:, 3:6], digits[:, 6:8], digits[:, 8:12]
    return _to_strings(text.ravel(), np.full(len(ssns), 11))


def _format_cards(cards: U64, lengths: Bytes) -> pa.StringArray:
    digits = _format_digits(cards, _MAX_CARD_DIGITS)
    kept = np.arange(_MAX_CARD_DIGITS) >= _MAX_CARD_DIGITS - lengths[:, np.newaxis].astype(np.int64)
    return _to_strings(digits[kept], lengths)


def _format_digits(numbers: U64, width: int) -> Bytes:
    """Return the last `width` (a multiple of 4) digits of each number as ASCII, one row per number."""
    quads = np.empty((len(numbers), width // 4), dtype=np.uint32)
    rest = numbers
    for column in reversed(range(width // 4)):
        rest, low = np.divmod(rest, np.uint64(10_000))
        quads[:, column] = _QUADS.take(low.view(np.int64))
    return quads.view(np.uint8)


def _spell_quads() -> npt.NDArray[np.uint32]:
    """Return the four ASCII digits of 0000 to 9999, each in the memory of one 32-bit word."""
    digits = np.indices((10, 10, 10, 10), dtype=np.uint8).reshape(4, -1).T + np.uint8(ord("0"))
    return np.ascontiguousarray(digits).view(np.uint32).ravel()


_QUADS: Final = _spell_quads()


def _to_strings(text: Bytes, lengths: npt.NDArray[np.integer]) -> pa.StringArray:
    offsets = np.zeros(len(lengths) + 1, dtype=np.int32)
    np.cumsum(lengths, out=offsets[1:])
    return pa.StringArray.from_buffers(len(lengths), pa.py_buffer(offsets.data), pa.py_buffer(text.data))


@dataclass(frozen=True, eq=False)
class _Source:
    """A customers file, and the number by which the user finds each of its rows again."""

    where: str
    row_name: str
    numbers: npt.NDArray[np.int64]

    def fail(self, row: int, column: str, value: object, expected: str, remedy: str = "") -> InputError:
        return InputError(self.where, f"{self.row_name} {self.numbers[row]}, {column}", value, expected, remedy)


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
    known = _to_array(name.removesuffix(SUFFIX) for name in profile_names)
    table = pa.concat_tables([_read_file(file, known) for file in _list_files(where)])
    if not table.num_rows:
        raise InputError(str(where), "", "no rows", "at least one customer")
    return table.add_column(0, CUSTOMER_SCHEMA.field(0), pa.array(np.arange(table.num_rows)))


def _list_files(path: Path) -> list[Path]:
    if not path.exists():
        raise InputError(str(path), "", "no such file or directory", "a customers file or a directory of such files")
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    files = [f for f in files if f.suffix in (".csv", ".parquet") and (f == path or f.name[0] not in "_.")]
    if not files:
        raise InputError(str(path), "", "neither", "a file name that ends in .csv or .parquet")
    return files


def _read_file(path: Path, profiles: pa.StringArray) -> pa.Table:
    is_csv = path.suffix == ".csv"
    try:
        raw = _read_csv(path) if is_csv else _read_parquet(path)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), "", str(error).splitlines()[0], f"a readable {path.suffix[1:]} file") from error
    if is_csv:
        raw, numbers = _drop_blank_lines(raw)
        source = _Source(str(path), "line", numbers)
    else:
        source = _Source(str(path), "row", np.arange(1, raw.num_rows + 1))
    columns = [_convert(source, c.name, c.type, raw.column(c.name)) for c in CUSTOMER_COLUMNS]
    columns[-1] = _check_profiles(source, columns[-1], profiles)
    return pa.Table.from_arrays(columns, schema=pa.schema(list(CUSTOMER_SCHEMA)[1:]))


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
    if kind == "text" and not _is_text(column.type):
        raise InputError(source.where, f"column {name}", str(column.type), _KINDS[kind])
    target = _ARROW_TYPES[kind]
    if not _can_cast(column, target):
        row = _find_uncastable(column, target)
        raise source.fail(row, name, column[row].as_py(), _KINDS[kind])
    converted = column.cast(target)
    if name in _BOUNDS:
        _check_bounds(source, name, converted)
    return converted


def _is_text(type_: pa.DataType) -> bool:
    inner = type_.value_type if pa.types.is_dictionary(type_) else type_
    return bool(pa.types.is_string(inner) or pa.types.is_large_string(inner))


def _can_cast(column: Chunks, target: pa.DataType) -> bool:
    try:
        column.cast(target)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return False
    return True


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


def _check_bounds(source: _Source, name: str, column: Chunks) -> None:
    low, high = _BOUNDS[name]
    # Not-a-number fails both comparisons.
    above, below = _compare("greater_equal", column, low), _compare("less_equal", column, high)
    inside: Chunks = pc.call_function("and", [above, below])
    row = _find(inside, False)
    if row >= 0:
        raise source.fail(row, name, column[row].as_py(), f"a number from {low} to {high}")


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
        raise source.fail(row, "profile", column[row].as_py(), expected, "add the profile or correct the row")
    with_suffix: Chunks = _join("", names, pa.scalar(SUFFIX))
    return with_suffix


def _strip_suffix(column: Chunks) -> Chunks:
    options = pc.ReplaceSubstringOptions(rf"\{SUFFIX}$", "")
    stripped: Chunks = pc.call_function("replace_substring_regex", [column], options)
    return stripped


def _find(mask: Chunks, value: bool) -> int:
    """Return the first position of `value`, -1 where there is none."""
    return int(pc.call_function("index", [mask], pc.IndexOptions(pa.scalar(value))).as_py())
