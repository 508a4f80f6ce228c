"""Opens a dataset of unknown model for a comparison: its files, which columns they have, and what they are about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from vecgen.config.loader import DEFAULT_PROFILES, load_profiles
from vecgen.errors import InputError, setting
from vecgen.io.reader import read_names
from vecgen.io.schema import COLUMNS, CUSTOMER_ID
from vecgen.model.customers import Segmenter
from vecgen.records.receipt import is_incomplete
from vecgen.scan.missing import Scope
from vecgen.stores.filesystem import Place
from vecgen.verify.customer_checks import IDENTIFIERS
from vecgen.verify.read import choose_scope, find_parts
from vecgen.verify.without_model.look import Look, look_at

_UNUSED: Final = frozenset({"first", "last", "street", "city", "zip", "job", "trans_num", "unix_time"})
_NEEDED: Final = frozenset({CUSTOMER_ID.name, "profile", "trans_date", "category"})
_DATE: Final = tuple(column for column in COLUMNS if column.name == "trans_date")


@dataclass(frozen=True)
class Opened:
    """A dataset before its rows are read.

    Attributes:
        files: Of its transactions.
        customers: Of its customers.
        scope: Which columns can be looked at, of those that a comparison needs.
    """

    directory: Place
    files: tuple[Place, ...]
    customers: tuple[Place, ...]
    scope: Scope
    look: Look


def open_dataset(directory: Place, profiles: Path = DEFAULT_PROFILES) -> Opened:
    """Return what a dataset is about.

    Args:
        profiles: Directory whose segments tell the profiles of customers, where nothing in the files says them.

    Raises:
        InputError: A dataset or file that cannot be read or is not complete, no rows, or no column that tells
            customers, profiles, dates or categories.
    """
    if not directory.exists():
        raise InputError(str(directory), "", "no such directory", "the directory of a dataset, or a file")
    if is_incomplete(directory):
        remedy = f"complete it: repeat the command that started it, with {setting('resume', True)}"
        raise InputError(str(directory), "", "an incomplete dataset", "one whose run has come to its end", remedy)
    transactions, customers = find_parts(directory, _DATE)
    if not transactions:
        raise InputError(str(directory), "", "no transactions", "a dataset with some, to be compared")
    names = set.intersection(*(set(read_names(path)) for path in transactions)) - _UNUSED
    names -= {"city_pop"} if "profile" in names else set()
    columns = tuple(column for column in (*COLUMNS, CUSTOMER_ID) if column.name in names)
    look = look_at(transactions, None if "profile" in names else customers)
    segments = None if look.profiles else Segmenter(load_profiles(profiles), look.first)
    scope = choose_scope(columns, customers, segments)
    if missing := sorted(_NEEDED - scope.known):
        expected = f"transactions with them (customer_id: or {', '.join(IDENTIFIERS)})"
        raise InputError(str(directory), "columns", f"no {', '.join(missing)}", expected)
    if scope.segments:
        look = replace(look, profiles=scope.segments.profiles.names)
    return Opened(directory, tuple(transactions), tuple(customers), scope, look)
