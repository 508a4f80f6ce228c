"""Which columns of somebody's table hold what a transaction has, and how their values are spelled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

import pyarrow as pa

from vecgen.errors import InputError, setting, suggest
from vecgen.io.schema import COLUMNS, Column

AmountUnit = Literal["units", "cents"]
AMOUNT_UNITS: Final[tuple[AmountUnit, ...]] = get_args(AmountUnit)


@dataclass(frozen=True)
class Role:
    """What a column of a table stands for.

    Attributes:
        name: As a map names it.
        columns: Names of those of `COLUMNS` that are made of it; a map may say them, too, where it is one.
        is_number: Whether CSV files hold numbers there, else text.
        is_needed: Whether a map must have it.
        may_lack: Whether rows without its value count all the same.
    """

    name: str
    columns: tuple[str, ...]
    is_number: bool = False
    is_needed: bool = False
    may_lack: bool = False


ROLES: Final = (
    Role("customer", ("ssn",), is_needed=True),
    Role("time", ("trans_date", "trans_time"), is_needed=True),
    Role("category", ("category",), is_needed=True),
    Role("amount", ("amt",), is_number=True, is_needed=True),
    Role("merchant", ("merchant",), may_lack=True),
    Role("label", ("is_fraud",)),
    Role("lat", ("lat",), is_number=True),
    Role("long", ("long",), is_number=True),
    Role("merch_lat", ("merch_lat",), is_number=True),
    Role("merch_long", ("merch_long",), is_number=True),
    Role("birth_date", ("dob",), may_lack=True),
    Role("sex", ("gender",), may_lack=True),
    Role("city_pop", ("city_pop",), is_number=True, may_lack=True),
)
"""All that a map can name."""

_NUMBER: Final = pa.float64()
_CODED: Final = pa.dictionary(pa.int32(), pa.string())  # texts that repeat are hashed once, while they are read
_PLAIN: Final = pa.string()  # hardly one stamp is like another

_BY_NAME: Final = {role.name: role for role in ROLES}
_OTHER_NAMES: Final = {role.columns[0]: role.name for role in ROLES[2:]}  # `amt` for `amount`
_SEGMENTED: Final = frozenset({"birth_date", "sex", "city_pop"})


@dataclass(frozen=True)
class ColumnMap:
    """A map of columns, checked, and how their values are spelled.

    Attributes:
        names: Names of the table's columns by name of their role.
        time_zone: Where stamps that are moments are told as local times.
        date_format: Of stamps that are text, as of `strptime`; None for ISO 8601.
        merchant_prefix: What is cut from the front of merchants' names.
        amount_unit: Whether amounts are in the currency's unit or its cents.
    """

    names: tuple[tuple[str, str], ...]
    time_zone: str = "UTC"
    date_format: str | None = None
    merchant_prefix: str = ""
    amount_unit: AmountUnit = "units"

    @property
    def roles(self) -> dict[Role, str]:
        """The table's columns by role."""
        return {_BY_NAME[name]: theirs for name, theirs in self.names}

    @property
    def columns(self) -> tuple[Column, ...]:
        """Those of `COLUMNS` that rows have once they are mapped."""
        made = {name for role in self.roles for name in role.columns}
        return tuple(column for column in COLUMNS if column.name in made)

    @property
    def types(self) -> dict[str, pa.DataType]:
        """How CSV files are read: types by the table's columns."""
        kinds = {role: _NUMBER if role.is_number else _CODED for role in self.roles} | {_BY_NAME["time"]: _PLAIN}
        return {theirs: kinds[role] for role, theirs in self.roles.items()}

    @property
    def tells_segments(self) -> bool:
        """Whether all that decides a customer's profile is there."""
        return {name for name, _ in self.names} >= _SEGMENTED

    def leave_needed(self) -> ColumnMap:
        """Return the map of what every map must have."""
        needed = {role.name for role in ROLES if role.is_needed}
        return replace(self, names=tuple(pair for pair in self.names if pair[0] in needed))


def read_map(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return pairs of ours and theirs with the names of roles, in the order of `ROLES`.

    Raises:
        InputError: A name that is none, one named twice on either side, or one that is needed and not there.
    """
    found: dict[str, str] = {}
    for ours, theirs in pairs:
        name = _OTHER_NAMES.get(ours, ours)
        if name not in _BY_NAME:
            raise _refuse(ours, f"one of {', '.join(_BY_NAME)}", suggest(ours, [*_BY_NAME, *_OTHER_NAMES]))
        if name in found:
            raise _refuse(ours, f"{name} once", f"it is {found[name]!r} and {theirs!r}; leave one out")
        if theirs in found.values():
            other = next(role for role, column in found.items() if column == theirs)
            raise _refuse(theirs, "each column of the table once", f"it is {other} and {name}; leave one out")
        found[name] = theirs
    for role in ROLES:
        if role.is_needed and role.name not in found:
            needed = ", ".join(other.name for other in ROLES if other.is_needed)
            raise _refuse(f"no {role.name}", f"at least {needed}", f"add {role.name}=COLUMN")
    return tuple((name, found[name]) for name in _BY_NAME if name in found)


def check_columns(where: str, names: Sequence[str], column_map: ColumnMap) -> None:
    """Accept a table whose columns have the names that a map says, each once.

    Raises:
        InputError: One is missing or there twice.
    """
    for role, theirs in column_map.roles.items():
        if theirs not in names:
            remedy = suggest(theirs, names) or f"it has {', '.join(names[:_MOST_SHOWN])}"
            raise InputError(where, "columns", f"no {theirs}", f"the column that is mapped to {role.name}", remedy)
        if names.count(theirs) > 1:
            raise InputError(where, f"column {theirs}", f"{names.count(theirs)} of this name", "one", "rename one")


_MOST_SHOWN: Final = 30


def _refuse(found: str, expected: str, remedy: str) -> InputError:
    return InputError(setting("map"), "", found, expected, remedy)
