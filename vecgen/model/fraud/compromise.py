"""Compromised merchants: where the cards of later fraud cases were copied.

In each month one merchant of each category is compromised: a function of seed, category and month, whoever buys there.
Of a case whose type says so, one earlier purchase was made at the merchant that was compromised then. Which purchase is
a function of the customer: nobody looks at others, and all columns of the purchase but the merchant stay as they were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Final

import numpy as np

from vecgen.config.demographics import Merchants
from vecgen.model.fraud.fraud_type import Compromise, FraudType
from vecgen.sampling.arrays import I32, I64, U64, Bools
from vecgen.sampling.rng import derive_keys, draw_words, high_half, scale_to, start_counters

COMPROMISED_STREAM: Final = 5
"""Of categories, as the streams of `transaction_dates` are of customers."""
NONE: Final = -1
"""In place of a purchase."""


@dataclass(frozen=True)
class Exposure:
    """Which purchases before the window can be where a card was copied.

    Attributes:
        days: Before the window.
        categories: Whether each category counts.
    """

    days: int
    categories: Bools


@dataclass(frozen=True)
class CompromiseTables:
    """The compromised merchants of a period, and who is defrauded by them.

    Attributes:
        month: Of each day of the period, 0 for that of its first day (int64).
        merchant: Position in `Tables.merchants`, by month and category (int64).
        exposures: By the position of the type of fraud; None for types without.
    """

    month: I64
    merchant: I64
    exposures: tuple[Exposure | None, ...]

    def find(self, day: I64, category: I64) -> I64:
        """Return the merchant of each category that is compromised on each day."""
        return np.asarray(self.merchant[self.month.take(day), category])


def compile_compromise(
    kinds: Sequence[FraudType], merchants: Merchants, seed: int, first: date, days: int
) -> CompromiseTables | None:
    """Return the compromised merchants of `days` days from `first` on; None where no type of fraud knows any.

    Args:
        kinds: All types, in their order.
    """
    if not any(kind.compromised for kind in kinds):
        return None
    months = (np.datetime64(first) + np.arange(days)).astype("datetime64[M]").astype(np.int64)  # since 1970
    exposures = tuple(_compile_exposure(kind.compromised, merchants) for kind in kinds)
    return CompromiseTables(
        months - months[0], _draw_merchants(merchants, seed, np.arange(months[0], months[-1] + 1)), exposures
    )


def _compile_exposure(compromise: Compromise | None, merchants: Merchants) -> Exposure | None:
    if compromise is None:
        return None
    counts = [not compromise.categories or name in compromise.categories for name in merchants.categories]
    return Exposure(7 * compromise.weeks, np.array(counts))


def _draw_merchants(merchants: Merchants, seed: int, months: I64) -> I64:
    sizes = np.array([len(names) for names in merchants.names], dtype=np.int64)
    keys = derive_keys(seed, COMPROMISED_STREAM, np.tile(np.arange(len(sizes)), len(months)))
    words = draw_words(keys, start_counters(keys, np.repeat(months, len(sizes))), 0)
    within = scale_to(high_half(words).reshape(-1, len(sizes)), sizes.view(np.uint64)).view(np.int64)
    return np.asarray(within + np.cumsum(sizes) - sizes)


@dataclass(frozen=True)
class Copies:
    """The purchases at which cards were copied; arrays of one length, a value for each customer (int64).

    Attributes:
        index: Of the row among its customer's regular ones; NONE where there is none.
        day: From the start of the period.
        category, merchant: Positions in `Tables.categories` and `Tables.merchants`.
    """

    index: I64
    day: I64
    category: I64
    merchant: I64

    def slice(self, own: slice) -> Copies:
        """Return the values of some customers."""
        return Copies(*(getattr(self, f.name)[own] for f in fields(Copies)))

    def take(self, customers: I64) -> Copies:
        """Return the values of the customers at these positions."""
        return Copies(*(getattr(self, f.name).take(customers) for f in fields(Copies)))

    def put(self, members: I64, other: Copies) -> None:
        """Take the values of the customers at positions `members`, in place."""
        for f in fields(Copies):
            getattr(self, f.name)[members] = getattr(other, f.name)


def no_copies(customers: int) -> Copies:
    """Return what holds no purchase of any customer."""
    return Copies(*(np.full(customers, NONE) for _ in fields(Copies)))


def list_rows(counts: I32, first: I32) -> tuple[I64, I64, I64]:
    """Return member, slot and index of each row, given rows and index of the first one by (member, slot)."""
    cells = np.flatnonzero(counts)
    rows = counts.ravel()[cells].astype(np.int64)
    who, slot = np.divmod(np.repeat(cells, rows), counts.shape[1])
    index = np.arange(len(who)) + np.repeat(first.ravel()[cells] - (np.cumsum(rows) - rows), rows)
    return who, slot, index


def choose_rows(who: I64, eligible: Bools, words: U64) -> I64:
    """Return the position of one eligible row of each member, all as likely; NONE for members without.

    Args:
        who: The member of each row, ascending.
        words: One for each member.
    """
    candidates = np.flatnonzero(eligible)
    number = np.bincount(who[candidates], minlength=len(words))
    start = np.cumsum(number) - number
    chosen = start + scale_to(high_half(words), number.view(np.uint64)).view(np.int64)
    return np.where(number > 0, np.append(candidates, NONE).take(chosen, mode="clip"), NONE)
