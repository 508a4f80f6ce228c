"""Customers as tables: text against a row-by-row spelling."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from vecgen.io.customer_table import CUSTOMER_SCHEMA, customers_to_arrow
from vecgen.io.schema import CUSTOMER_COLUMNS
from vecgen.model.customers import Customers, CustomerTables, draw_customers

NAMES = [column.name for column in CUSTOMER_COLUMNS]


@pytest.fixture(scope="module")
def drawn(tables: CustomerTables) -> Customers:
    return draw_customers(tables, 11, np.arange(3000))


def test_columns_are_those_of_the_schema_in_order(table: pa.Table) -> None:
    assert table.schema.equals(CUSTOMER_SCHEMA)
    assert table.column_names == ["customer_id", *NAMES]
    table.validate(full=True)


def spell_row(tables: CustomerTables, drawn: Customers, row: int) -> dict[str, Any]:
    """Spell one customer without Arrow or arrays."""
    words, places, place = tables.words, tables.places, int(drawn.place[row])
    ssn = f"{drawn.ssn[row]:09d}"
    street = f"{words.building.texts[drawn.building[row]]} {words.street_name.texts[drawn.street_name[row]]}"
    street += f" {words.street_suffix.texts[drawn.street_suffix[row]]}{words.secondary.texts[drawn.secondary[row]]}"
    return {
        "customer_id": int(drawn.id[row]),
        "ssn": f"{ssn[:3]}-{ssn[3:5]}-{ssn[5:]}",
        "cc_num": str(drawn.card[row]).zfill(int(drawn.card_length[row])),
        "first": (words.first_female.texts + words.first_male.texts)[drawn.first[row]],
        "last": words.last.texts[drawn.last[row]],
        "gender": tables.gender[drawn.age_gender[row]],
        "street": street,
        "city": places.city[place],
        "state": places.state[place],
        "zip": places.zip[place],
        "lat": float(places.lat[place]),
        "long": float(places.long[place]),
        "city_pop": int(places.city_pop[place]),
        "job": words.job.texts[drawn.job[row]],
        "dob": date(1970, 1, 1) + timedelta(days=int(drawn.dob[row])),
        "acct_num": str(drawn.account[row]),
        "profile": f"{tables.profiles[drawn.profile[row]]}.json",
    }


def test_text_is_what_the_codes_say(tables: CustomerTables, drawn: Customers, table: pa.Table) -> None:
    assert table.to_pylist() == [spell_row(tables, drawn, row) for row in range(len(drawn.id))]


def test_cards_keep_their_leading_zeros(table: pa.Table) -> None:
    cards = [str(card) for card in table.column("cc_num").to_pylist()]
    assert any(card.startswith("0604") and len(card) == 12 for card in cards)


def test_no_customers_make_an_empty_table(tables: CustomerTables) -> None:
    empty = customers_to_arrow(tables, draw_customers(tables, 11, np.arange(0)))
    assert empty.num_rows == 0
    assert empty.schema.equals(CUSTOMER_SCHEMA)
