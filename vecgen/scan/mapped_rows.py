"""Turns record batches of somebody's table into rows as the counts know them, and says what was left out.

Every column is read by the reader of its role; `missing.complete` adds the columns that a map does not name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vecgen.errors import InputError, shorten
from vecgen.io.digest import text_words
from vecgen.model.customers import GENDERS
from vecgen.sampling.arrays import F64, U64, Bools
from vecgen.scan.column_map import ColumnMap
from vecgen.scan.stamps import read_dates, read_stamps

REFUNDS: Final = "amount of zero or less"
SMALL: Final = "amount below 1"

_UNBORN: Final = date.max
"""Stands for a date of birth that is not told: no segment has such ages."""
_UNNAMEABLE: Final = r"""[|/"'`\p{C}]"""
"""Characters that no category may have in its name."""
_LONGEST: Final = 100
_LARGEST: Final = 1e10
_TRUE: Final = frozenset({"1", "1.0", "true", "t", "yes", "y"})
_FALSE: Final = frozenset({"0", "0.0", "false", "f", "no", "n"})
_INITIALS: Final = {"f": GENDERS[0], "w": GENDERS[0], "m": GENDERS[1]}


@dataclass(frozen=True)
class MappedRows:
    """Rows with the columns of `ColumnMap.columns`.

    Attributes:
        left_out: Rows that were left out, by reason.
        are_moments: Whether their stamps say a moment, else a local time; None where there is no row.
    """

    batch: pa.RecordBatch
    left_out: Counter[str]
    are_moments: bool | None


def map_rows(where: str, batch: pa.RecordBatch, column_map: ColumnMap) -> MappedRows:
    """Return the rows of a batch that have all values they need, and an amount of 1 or more.

    Args:
        where: What an error calls the batch.

    Raises:
        InputError: A value that its role cannot have.
    """
    left_out = Counter[str]()
    good = np.ones(batch.num_rows, dtype=np.bool_)
    for role, theirs in column_map.roles.items():
        if not role.may_lack:
            lacking = good & _find_missing(batch.column(theirs))
            left_out[f"no {role.name}"] = int(np.count_nonzero(lacking))
            good &= ~lacking
    batch = _keep(batch, good)
    amounts = _read_amounts(where, batch, column_map)
    good = amounts >= 1.0
    left_out[REFUNDS] = int(np.count_nonzero(amounts <= 0.0))
    left_out[SMALL] = len(good) - int(np.count_nonzero(good)) - left_out[REFUNDS]
    batch = _keep(batch, good)
    columns, are_moments = _read_columns(where, batch, column_map)
    columns["amt"] = pa.array(amounts[good])
    names = [column.name for column in column_map.columns]
    rows = pa.RecordBatch.from_arrays([columns[name] for name in names], names=names)
    return MappedRows(rows, +left_out, are_moments)


def take_share(batch: pa.RecordBatch, column_map: ColumnMap, number: int, shares: int) -> pa.RecordBatch:
    """Return the rows of one of several shares of all customers; rows without a customer belong to the first."""
    if shares == 1:
        return batch
    coded = _read_names("", "", batch.column(dict(column_map.names)["customer"]))
    return _keep(batch, _choose_shares(coded, shares) == number)


def share_out(batch: pa.RecordBatch, shares: int) -> list[pa.RecordBatch]:
    """Return the rows of each of several shares of all customers, of rows that are mapped."""
    if shares == 1:
        return [batch]
    own = _choose_shares(batch.column("ssn"), shares)
    return [_keep(batch, own == number) for number in range(shares)]


def _choose_shares(customers: pa.DictionaryArray, shares: int) -> U64:
    """Return the share of each row's customer, by a hash."""
    words = text_words(customers.dictionary, "ssn") % np.uint64(shares)
    return words.take(np.asarray(customers.indices))


def _keep(batch: pa.RecordBatch, good: Bools) -> pa.RecordBatch:
    return batch if good.all() else batch.filter(pa.array(good))


def _find_missing(array: pa.Array) -> Bools:
    """Return which values are null, not a number, or a blank text."""
    missing = np.array(array.is_null(nan_is_null=True), dtype=np.bool_)
    if _is_text(array.type):
        coded = _encode(array)
        blank = np.asarray(pc.equal(pc.utf8_trim_whitespace(coded.dictionary.cast(pa.string())), ""), dtype=np.bool_)
        if blank.any():
            missing |= blank.take(np.asarray(coded.indices.fill_null(0)))
    return missing


def _read_amounts(where: str, batch: pa.RecordBatch, column_map: ColumnMap) -> F64:
    """Return amounts in units of the currency, in whole cents."""
    name = dict(column_map.names)["amount"]
    values = _read_numbers(where, name, batch.column(name))
    large = np.abs(values) > _LARGEST
    if large.any():
        raise InputError(where, f"column {name}", float(values[large.argmax()]), f"an amount up to {_LARGEST:g}")
    cents = values if column_map.amount_unit == "cents" else values * 100.0
    return np.asarray(np.rint(cents) / 100.0)


def _read_columns(where: str, batch: pa.RecordBatch, column_map: ColumnMap) -> tuple[dict[str, pa.Array], bool | None]:
    """Return all columns of the map but amounts, and whether stamps are moments."""
    columns: dict[str, pa.Array] = {}
    are_moments = None
    for role, theirs in column_map.roles.items():
        array = batch.column(theirs)
        if role.name == "time":
            stamps = read_stamps(where, theirs, array, column_map.time_zone, column_map.date_format)
            columns["trans_date"] = pa.array(stamps.day.astype(np.int32)).view(pa.date32())
            columns["trans_time"] = pa.array(stamps.second.astype(np.int32)).view(pa.time32("s"))
            are_moments = stamps.are_moments if len(array) else None
        elif role.name != "amount":
            (name,) = role.columns
            columns[name] = _READERS[role.name](where, theirs, array, column_map)
    return columns, are_moments


def _read_customers(where: str, name: str, array: pa.Array, _: ColumnMap) -> pa.Array:
    return _read_names(where, name, array)


def _read_categories(where: str, name: str, array: pa.Array, _: ColumnMap) -> pa.Array:
    """Return names of categories; what no profile can hold in a name becomes `_`."""
    coded = _read_names(where, name, array)
    clean = pc.replace_substring_regex(pc.utf8_trim_whitespace(coded.dictionary), _UNNAMEABLE, "_")
    return _recode(coded, pc.utf8_slice_codeunits(clean, 0, _LONGEST))


def _read_merchants(where: str, name: str, array: pa.Array, column_map: ColumnMap) -> pa.Array:
    """Return names of merchants without their prefix, "" for none."""
    coded = _read_names(where, name, array)
    names = [(text or "").removeprefix(column_map.merchant_prefix) for text in coded.dictionary.to_pylist()]
    return _recode(coded, pa.array(names, pa.string()))


def _read_labels(where: str, name: str, array: pa.Array, _: ColumnMap) -> pa.Array:
    coded = _read_names(where, name, array)
    texts, codes = coded.dictionary.to_pylist(), np.asarray(coded.indices)
    for code in np.unique(codes).tolist():  # a dictionary may hold more than its rows
        if texts[code].strip().lower() not in _TRUE | _FALSE:
            raise InputError(where, f"column {name}", shorten(texts[code]), "a label: 0 or 1, false or true, no or yes")
    labels = np.array([text.strip().lower() in _TRUE for text in texts], dtype=np.int8)
    return pa.array(labels.take(codes) if len(codes) else labels[:0])


def _read_degrees(where: str, name: str, array: pa.Array, _: ColumnMap) -> pa.Array:
    values = _read_numbers(where, name, array)
    outside = np.abs(values) > 360.0
    if outside.any():
        raise InputError(where, f"column {name}", float(values[outside.argmax()]), "degrees from -360 to 360")
    return pa.array(values)


def _read_births(where: str, name: str, array: pa.Array, column_map: ColumnMap) -> pa.Array:
    return read_dates(where, name, array, column_map.date_format).fill_null(_UNBORN)


def _read_sexes(where: str, name: str, array: pa.Array, _: ColumnMap) -> pa.Array:
    """Return F or M by the first letter of a word (F, W, M); "" for another or none."""
    coded = _read_names(where, name, array)
    words = [_INITIALS.get((text or "").strip()[:1].lower(), "") for text in coded.dictionary.to_pylist()]
    return _recode(coded, pa.array(words, pa.string()))


def _read_inhabitants(where: str, name: str, array: pa.Array, _: ColumnMap) -> pa.Array:
    values = np.nan_to_num(_read_numbers(where, name, array), nan=-1.0)
    return pa.array(np.clip(values, -1, 2**31 - 1).astype(np.int32))


_READERS: Final[dict[str, Callable[[str, str, pa.Array, ColumnMap], pa.Array]]] = {
    "customer": _read_customers,
    "category": _read_categories,
    "merchant": _read_merchants,
    "label": _read_labels,
    **dict.fromkeys(("lat", "long", "merch_lat", "merch_long"), _read_degrees),
    "birth_date": _read_births,
    "sex": _read_sexes,
    "city_pop": _read_inhabitants,
}
"""What reads the column of a role; stamps and amounts are read apart."""


def _is_text(type_: pa.DataType, kinds: Collection[str] = ("string", "large_string", "string_view")) -> bool:
    return str(type_.value_type if pa.types.is_dictionary(type_) else type_) in kinds


def _encode(array: pa.Array) -> pa.DictionaryArray:
    return array if isinstance(array, pa.DictionaryArray) else array.dictionary_encode()


def _recode(coded: pa.DictionaryArray, texts: pa.Array) -> pa.DictionaryArray:
    """Return the same rows with other texts, each once."""
    again = texts.dictionary_encode()
    return pa.DictionaryArray.from_arrays(again.indices.take(coded.indices), again.dictionary)


def _read_names(where: str, name: str, array: pa.Array) -> pa.DictionaryArray:
    """Return texts, or numbers and truth values as texts; null becomes ""."""
    try:
        coded = _encode(array)
        texts = coded.dictionary.cast(pa.string())
    except pa.ArrowException:
        expected = "text or numbers"
        raise InputError(where, f"column {name}", shorten(str(array.type)), expected) from None
    indices = coded.indices.cast(pa.int32())
    if indices.null_count:
        texts = pa.concat_arrays([texts, pa.array([""])])
        indices = indices.fill_null(len(texts) - 1)
    return pa.DictionaryArray.from_arrays(indices, texts.fill_null(""))


def _read_numbers(where: str, name: str, array: pa.Array) -> F64:
    """Return numbers, not-a-number for null."""
    plain = array.cast(array.type.value_type) if pa.types.is_dictionary(array.type) else array
    types = pa.types
    if types.is_boolean(plain.type) or types.is_temporal(plain.type):
        raise InputError(where, f"column {name}", shorten(str(array.type)), "numbers")
    try:
        values = plain.cast(pa.float64(), safe=False)
    except pa.ArrowException as error:
        found = shorten(str(error).splitlines()[0])
        raise InputError(where, f"column {name}", found, "numbers") from None
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)
