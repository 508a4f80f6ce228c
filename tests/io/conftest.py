"""Customers that the shipped profiles give, and their table."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from vecgen.config.faker_lists import compile_word_lists
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES, load_demographics, load_profiles
from vecgen.io.customer_table import customers_to_arrow
from vecgen.model.customers import CustomerTables, compile_customers, draw_customers


@pytest.fixture(scope="module")
def tables() -> CustomerTables:
    demographics = load_demographics(DEFAULT_DEMOGRAPHICS)
    return compile_customers(load_profiles(DEFAULT_PROFILES), demographics, compile_word_lists(), date(2025, 1, 1))


@pytest.fixture(scope="module")
def table(tables: CustomerTables) -> pa.Table:
    return customers_to_arrow(tables, draw_customers(tables, 11, np.arange(3000)))
