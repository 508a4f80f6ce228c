"""Makes merchant lists: company names from Faker, a fixed number per category."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vecgen.config.demographics import MERCHANT_COLUMNS, Merchants
from vecgen.config.new_file import write_new
from vecgen.errors import InputError, setting

if TYPE_CHECKING:
    from faker import Faker

CATEGORIES: Final = (
    "gas_transport",
    "grocery_net",
    "grocery_pos",
    "misc_net",
    "misc_pos",
    "shopping_net",
    "shopping_pos",
    "entertainment",
    "food_dining",
    "health_fitness",
    "home",
    "kids_pets",
    "personal_care",
    "travel",
    "pharmacy",
    "utilities",
)
"""The categories of the shipped profiles and two that only merchants have."""

MAX_PER_CATEGORY: Final = 10_000


def make_merchants(seed: int, per_category: int = 500) -> Merchants:
    """Return `per_category` names (1 to 10,000) for each of CATEGORIES, distinct within a category.

    The names are a function of the seed and of Faker's release, whose lists of surnames change now and then.

    Raises:
        InputError: `per_category` out of range.
    """
    if not 1 <= per_category <= MAX_PER_CATEGORY:
        raise InputError(setting("per_category"), "", per_category, f"a whole number from 1 to {MAX_PER_CATEGORY:,}")
    from faker import Faker  # slow to import, and only this command draws companies

    faker = Faker("en_US")
    faker.seed_instance(seed)
    return Merchants(CATEGORIES, tuple(_draw_names(faker, per_category) for _ in CATEGORIES))


def _draw_names(faker: Faker, count: int) -> tuple[str, ...]:
    # A dictionary keeps the order of the draws, which a set would lose.
    names: dict[str, None] = {}
    while len(names) < count:
        names[faker.company()] = None
    return tuple(names)


def write_merchants(merchants: Merchants, path: Path) -> None:
    """Write merchants as CSV (UTF-8, header `category,name`) to `path`, which must not exist.

    Raises:
        OutputError: The file exists or cannot be written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(MERCHANT_COLUMNS)
    for category, names in zip(merchants.categories, merchants.names, strict=True):
        writer.writerows((category, name) for name in names)
    write_new(path, text.getvalue())
