"""Maps of columns: what they must name, and what they may not."""

from __future__ import annotations

import pytest

from vecgen.errors import InputError
from vecgen.scan.column_map import ROLES, ColumnMap, check_columns, read_map

LEAST = (("customer", "c"), ("time", "t"), ("category", "k"), ("amount", "a"))


def test_roles_are_found_by_either_name_and_come_in_their_order() -> None:
    pairs = (("is_fraud", "bad"), ("amt", "a"), ("dob", "born"), *LEAST[:3])
    assert read_map(pairs) == (*LEAST, ("label", "bad"), ("birth_date", "born"))


def test_what_rows_have_is_what_the_map_names() -> None:
    least = ColumnMap(read_map(LEAST))
    assert [column.name for column in least.columns] == [*("ssn", "trans_date", "trans_time", "category", "amt")]
    assert not least.tells_segments
    assert ColumnMap(read_map((*LEAST, ("sex", "s"), ("dob", "b"), ("city_pop", "p")))).tells_segments
    assert ColumnMap(read_map((*LEAST, ("sex", "s")))).leave_needed() == least


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ((), r"map: got 'no customer', expected at least customer, time, category, amount; add customer=COLUMN"),
        (LEAST[:3], "got 'no amount'"),
        ((*LEAST, ("amount", "b")), r"got 'amount', expected amount once; it is 'a' and 'b'"),
        ((*LEAST, ("amt", "b")), r"got 'amt', expected amount once"),
        ((*LEAST, ("merchant", "k")), r"got 'k', expected each column of the table once; it is category and merchant"),
        ((*LEAST, ("merchent", "m")), r"got 'merchent', expected one of customer, .*did you mean 'merchant'\?"),
        ((*LEAST, ("trans_date", "m")), "got 'trans_date', expected one of"),
    ],
)
def test_other_maps_are_refused(pairs: tuple[tuple[str, str], ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_map(pairs)


def test_a_table_must_have_each_column_once() -> None:
    column_map = ColumnMap(read_map(LEAST))
    check_columns("x.csv", ["c", "t", "k", "a", "more", "more"], column_map)
    with pytest.raises(InputError, match=r"x.csv: columns: got 'no k', .* category; it has c, t"):
        check_columns("x.csv", ["c", "t", "a"], column_map)
    with pytest.raises(InputError, match=r"did you mean 'kind'"):
        check_columns("x.csv", ["kind"], ColumnMap((("category", "kimd"),)))
    with pytest.raises(InputError, match=r"column c: got '2 of this name'"):
        check_columns("x.csv", ["c", "t", "k", "a", "c"], column_map)


def test_every_role_says_what_it_becomes() -> None:
    assert len({name for role in ROLES for name in role.columns}) == len(ROLES) + 1
