"""The columns: order and names are the original's."""

from __future__ import annotations

import pytest

from vecgen.errors import InputError
from vecgen.io.schema import COLUMNS, CUSTOMER_COLUMNS, CUSTOMER_ID, TRANSACTION_COLUMNS, choose_of_table

_CUSTOMERS = "ssn cc_num first last gender street city state zip lat long city_pop job dob acct_num profile"
_TRANSACTIONS = "trans_num trans_date trans_time unix_time category amt is_fraud merchant merch_lat merch_long"


def test_names_and_order_are_those_of_the_original() -> None:
    assert " ".join(column.name for column in CUSTOMER_COLUMNS) == _CUSTOMERS
    assert " ".join(column.name for column in TRANSACTION_COLUMNS) == _TRANSACTIONS
    assert COLUMNS == CUSTOMER_COLUMNS + TRANSACTION_COLUMNS


def test_identifiers_are_text() -> None:
    types = {column.name: column.type for column in COLUMNS}
    assert {types[name] for name in ("ssn", "cc_num", "zip", "acct_num", "trans_num", "trans_time")} == {"text"}


def test_every_column_says_what_it_means() -> None:
    assert all(column.meaning for column in COLUMNS)
    assert len({column.name for column in COLUMNS}) == 26


def test_decimals_are_those_of_the_text_format() -> None:
    assert {c.name: c.decimals for c in COLUMNS if c.decimals} == {"amt": 2, "merch_lat": 6, "merch_long": 6}


def test_columns_of_a_table_are_the_usual_ones_and_those_on_request() -> None:
    assert choose_of_table(None, COLUMNS) == COLUMNS
    assert [own.name for own in choose_of_table(["reported_date", "amt"], COLUMNS)] == ["reported_date", "amt"]
    assert choose_of_table(["customer_id"], CUSTOMER_COLUMNS) == (CUSTOMER_ID,)
    with pytest.raises(InputError, match=r"got 'amt', expected each name once, of ssn,.* profile, customer_id"):
        choose_of_table(["ssn", "amt"], (*CUSTOMER_COLUMNS, CUSTOMER_ID))
