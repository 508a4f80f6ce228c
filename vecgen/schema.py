"""The columns of a dataset: name, type, meaning and unit, in the order of the original generator.

The README's tables, the Arrow schemas and the CSV headers are all made from these tuples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

ColumnType = Literal["text", "float64", "int32", "int64", "int8", "date"]


@dataclass(frozen=True)
class Column:
    """One column: `decimals` is the number of decimals CSV prints, None where the shortest form is printed."""

    name: str
    type: ColumnType
    meaning: str
    unit: str = ""
    decimals: int | None = None


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

COLUMNS: Final = CUSTOMER_COLUMNS + TRANSACTION_COLUMNS

PARTITION_COLUMNS: Final = (
    Column("year", "int32", "year of the transaction"),
    Column("month", "int32", "month of the transaction", "1 to 12"),
    Column("profile_group", "text", "behaviour profile", "name of its file"),
)
"""What the directories of transactions are named by, `year=2023/month=1/…`, and what readers take their values for.

A month is written as the number it is, without a leading zero: DuckDB would read `month=01` as text, Spark as a number.
"""

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

PART_COLUMNS: Final = {"transactions": COLUMNS, "customers": CUSTOMER_COLUMNS, "fraud_cases": FRAUD_CASE_COLUMNS}
"""The parts of a dataset by the name of their directory, and their columns."""
