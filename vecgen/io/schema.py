"""The columns of a dataset: name, type, meaning and unit, in the order of the original generator.

The README's tables, the Arrow schemas and the CSV headers are all made from these tuples.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pyarrow as pa

from vecgen.errors import InputError, suggest

ColumnType = Literal["text", "float64", "int32", "int64", "int8", "date"]
Text = Literal["string", "dictionary"]
"""How tables hold text: each value as it is, or positions in a dictionary."""


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        decimals: Number of decimals that CSV prints, None where the shortest form is printed.
        nullable: Whether a row may have no value, which CSV prints as nothing.
    """

    name: str
    type: ColumnType
    meaning: str
    unit: str = ""
    decimals: int | None = None
    nullable: bool = False


CUSTOMER_COLUMNS: Final = (
    Column("ssn", "text", "social security number, unique per customer", "NNN-NN-NNNN"),
    Column("cc_num", "text", "card number with a valid Luhn digit, unique per customer", "12 to 19 digits"),
    Column("first", "text", "first name"),
    Column("last", "text", "last name"),
    Column("gender", "text", "F or M"),
    Column("street", "text", "street address"),
    Column("city", "text", "city of the ZIP area"),
    Column("state", "text", "state of the ZIP area", "two letters"),
    Column("zip", "text", "ZIP code", "five digits"),
    Column("lat", "float64", "latitude of the ZIP area", "degrees north"),
    Column("long", "float64", "longitude of the ZIP area", "degrees east"),
    Column("city_pop", "int32", "inhabitants of the city", "people"),
    Column("job", "text", "occupation"),
    Column("dob", "date", "date of birth", "YYYY-MM-DD"),
    Column("acct_num", "text", "account number, unique per customer", "1 to 12 digits, not padded"),
    Column("profile", "text", "behaviour profile", "name of its file"),
)

TRANSACTION_COLUMNS: Final = (
    Column("trans_num", "text", "transaction number, unique", "32 hexadecimal digits"),
    Column("trans_date", "date", "date of the transaction", "YYYY-MM-DD"),
    Column("trans_time", "text", "time of the transaction", "HH:MM:SS"),
    Column("unix_time", "int64", "that moment, read as UTC", "seconds since 1970-01-01"),
    Column("category", "text", "merchant category"),
    Column("amt", "float64", "amount", "US dollars, whole cents", decimals=2),
    Column("is_fraud", "int8", "label: 1 for a fraudulent transaction, else 0"),
    Column("merchant", "text", "merchant name"),
    Column("merch_lat", "float64", "latitude of the purchase", "degrees north, six decimals", decimals=6),
    Column("merch_long", "float64", "longitude of the purchase", "degrees east, six decimals", decimals=6),
)

CUSTOMER_ID: Final = Column("customer_id", "int64", "position of the customer, counted from 0; written if asked for")

FRAUD_PROBABILITY: Final = Column(
    "fraud_probability",
    "float64",
    "probability that it is fraudulent, given the row; written if asked for",
)
DAY_FRAUD_PROBABILITY: Final = Column(
    "day_fraud_probability", "float64", "the same, given all rows of the customer on that day; written if asked for"
)
PROBABILITY_COLUMNS: Final = (FRAUD_PROBABILITY, DAY_FRAUD_PROBABILITY)

REPORTED_DATE: Final = Column(
    "reported_date", "date", "date on which it was reported as fraud, if ever; written if asked for", nullable=True
)

FRAUD_TYPE: Final = Column(
    "fraud_type", "text", "kind of fraud, of fraudulent transactions; written if asked for", nullable=True
)

COLUMNS: Final = CUSTOMER_COLUMNS + TRANSACTION_COLUMNS
ALL_COLUMNS: Final = (*COLUMNS, *PROBABILITY_COLUMNS, FRAUD_TYPE, REPORTED_DATE, CUSTOMER_ID)
"""Of transactions, those that are written only if asked for among them."""

PARTITION_COLUMNS: Final = (
    Column("year", "int32", "year of the transaction"),
    Column("month", "int32", "month of the transaction", "1 to 12"),
    Column("profile_group", "text", "behaviour profile", "name of its file"),
)
"""What the directories of transactions are named by, `year=2023/month=1/…`, and what readers take their values for.

A month is written as the number it is, without a leading zero: DuckDB would read `month=01` as text, Spark as a number.
"""

PUBLIC_MOMENT: Final = "trans_date_trans_time"
PUBLIC_NAMES: Final = (
    *(PUBLIC_MOMENT, "cc_num", "merchant", "category", "amt", "first", "last", "gender", "street", "city", "state"),
    *("zip", "lat", "long", "city_pop", "job", "dob", "trans_num", "unix_time", "merch_lat", "merch_long", "is_fraud"),
)
"""Columns of the public dataset `fraudTrain.csv`, in its order; an index without a name stands before them.

One column holds date and time; `ssn`, `acct_num` and `profile` are not there; names of merchants begin with a prefix.
"""
PUBLIC_PREFIX: Final = "fraud_"

FRAUD_CASE_COLUMNS: Final = (
    CUSTOMER_ID,
    *(column for column in CUSTOMER_COLUMNS if column.name in ("ssn", "cc_num", "profile")),
    Column("window_first", "date", "first day of the fraud window", "YYYY-MM-DD"),
    Column("window_last", "date", "last day of the fraud window", "YYYY-MM-DD"),
    Column("first_date", "date", "date of the first fraudulent transaction", "YYYY-MM-DD"),
    Column("last_date", "date", "date of the last fraudulent transaction", "YYYY-MM-DD"),
    Column("frauds", "int64", "fraudulent transactions"),
    Column("fraud_amt", "float64", "what they amount to", "US dollars, whole cents", decimals=2),
    Column("dropped", "int64", "regular transactions dropped on the dates of fraudulent ones"),
)

COMPROMISE_COLUMNS: Final = (
    Column("compromised_date", "date", "date of the purchase at which the card was copied, if any", nullable=True),
    Column("compromised_category", "text", "category of that purchase", nullable=True),
    Column("compromised_merchant", "text", "its merchant, compromised in that month", nullable=True),
)
MORE_CASE_COLUMNS: Final = (FRAUD_TYPE, REPORTED_DATE, *COMPROMISE_COLUMNS)
"""What cases have beside the usual, by what is known of them."""

TRANSACTIONS: Final = "transactions"
CUSTOMERS: Final = "customers"
FRAUD_CASES: Final = "fraud_cases"
PART_COLUMNS: Final = {TRANSACTIONS: COLUMNS, CUSTOMERS: CUSTOMER_COLUMNS, FRAUD_CASES: FRAUD_CASE_COLUMNS}
"""The parts of a dataset by the name of their directory, and their columns."""

_DICTIONARY: Final = pa.dictionary(pa.int32(), pa.string())
_TYPES: Final = {
    "text": pa.string(),
    "float64": pa.float64(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "int8": pa.int8(),
    "date": pa.date32(),
}
# Text of few distinct values per batch; transaction numbers and times have too many for a dictionary to pay.
_PLAIN_TEXT: Final = frozenset({"trans_num", "trans_time"})


def arrow_type(column: Column) -> pa.DataType:
    """Return the type a column has for readers."""
    return _TYPES[column.type]


def arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    """Return the schema of `columns` as readers see it."""
    return pa.schema([pa.field(c.name, arrow_type(c), nullable=c.nullable) for c in columns])


def batch_schema(columns: Sequence[Column]) -> pa.Schema:
    """Return the schema of assembled batches: as `arrow_schema`, with dictionaries for repeating text."""
    types = [_DICTIONARY if c.type == "text" and c.name not in _PLAIN_TEXT else arrow_type(c) for c in columns]
    return pa.schema([pa.field(c.name, t, nullable=c.nullable) for c, t in zip(columns, types, strict=True)])


TRANSACTION_SCHEMA: Final = batch_schema(COLUMNS)


def choose_schema(columns: Sequence[Column], text: Text) -> pa.Schema:
    """Return the schema of `columns` with text stored in this way.

    Raises:
        InputError: `text` is neither.
    """
    if text not in ("string", "dictionary"):
        raise InputError("text", "", text, "string or dictionary")
    return arrow_schema(columns) if text == "string" else batch_schema(columns)


def select_digested(names: Collection[str], usual: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns that the digest of a part is over, of which `names` were written.

    Those of `usual`; where some of them are missing, `customer_id` counts, too: it may be all that tells customers.
    """
    own = tuple(column for column in usual if column.name in names)
    counts_id = len(own) < len(usual) and CUSTOMER_ID.name in names and CUSTOMER_ID not in own
    return (*own, CUSTOMER_ID) if counts_id else own


def choose_columns(names: Sequence[str], known: Sequence[Column], where: str = "columns") -> tuple[Column, ...]:
    """Return the columns of these names, in their order.

    Args:
        where: What a refusal begins with.

    Raises:
        InputError: No name, a name twice, or one that none of the known columns has.
    """
    by_name = {column.name: column for column in known}
    for position, name in enumerate(names):
        if name not in by_name or name in names[:position]:
            expected = f"each name once, of {', '.join(by_name)}"
            raise InputError(where, "", name, expected, "" if name in by_name else suggest(name, by_name))
    if not names:
        raise InputError(where, "", "no name", f"any of {', '.join(by_name)}")
    return tuple(by_name[name] for name in names)


def choose_of_table(names: Sequence[str] | None, usual: tuple[Column, ...]) -> tuple[Column, ...]:
    """Return the columns of these names, in their order: of the `usual` ones of a table, and those it has on request.

    Args:
        names: None for the usual ones.

    Raises:
        InputError: No name, a name twice, or one that the table has no column of.
    """
    if names is None:
        return usual
    known = ALL_COLUMNS if usual is COLUMNS else tuple(dict.fromkeys((*usual, CUSTOMER_ID)))
    return choose_columns(names, known)
