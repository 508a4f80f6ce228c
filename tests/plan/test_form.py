"""Forms of files: the columns of each part, and of directories."""

from __future__ import annotations

from vecgen.io.schema import COLUMNS, CUSTOMER_COLUMNS, CUSTOMER_ID
from vecgen.plan.form import Form


def test_columns_are_those_that_are_chosen_in_their_order() -> None:
    assert Form().columns_of("transactions") == COLUMNS
    assert Form().columns_of("customers") == CUSTOMER_COLUMNS
    chosen = Form(with_customer_id=True, columns=("trans_num", "amt"))
    assert [column.name for column in chosen.columns_of("transactions")] == ["trans_num", "amt", "customer_id"]
    assert chosen.columns_of("customers") == (*CUSTOMER_COLUMNS, CUSTOMER_ID)


def test_probabilities_are_the_last_columns_of_transactions_once() -> None:
    form = Form(with_fraud_probability=True, columns=("fraud_probability", "amt"))
    names = [column.name for column in form.columns_of("transactions")]
    assert names == ["fraud_probability", "amt", "day_fraud_probability"]
    assert form.columns_of("customers") == CUSTOMER_COLUMNS


def test_directories_are_columns_in_the_order_of_their_levels() -> None:
    columns = Form(partition_by=("month", "year")).partition_columns()
    assert [column.name for column in columns] == ["month", "year"]
    assert Form(partition_by=()).partition_columns() == ()
