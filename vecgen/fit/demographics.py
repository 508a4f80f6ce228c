"""Fits ages and lists of merchants; what has too few customers is merged or dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from vecgen.config.demographics import MAX_AGE, MAX_TEXT, Merchants
from vecgen.fit.estimate import round_figure
from vecgen.sampling.arrays import I64
from vecgen.scan.row_counts import RowCounts

AgeRow = tuple[str, int, float]


def fit_ages(ages: I64, least: int) -> list[AgeRow]:
    """Return gender, age and share; neighbouring ages are merged until each cell has enough customers.

    Args:
        ages: Customers by (F or M, age).
    """
    total = int(ages.sum())
    rows: list[AgeRow] = []
    for gender, counts in zip(("F", "M"), ages[:, : MAX_AGE + 1].tolist(), strict=True):
        for group in _merge(counts, least):
            share = sum(counts[age] for age in group) / len(group) / max(1, total)
            rows += [(gender, age, round_figure(share)) for age in group]
    return rows


def _merge(counts: list[int], least: int) -> list[list[int]]:
    """Return neighbouring ages in groups of at least `least` customers, none where there are not as many."""
    groups: list[list[int]] = []
    shown = [age for age, number in enumerate(counts) if number]
    group: list[int] = []
    for age in range(shown[0], shown[-1] + 1) if shown else ():
        group.append(age)
        if sum(counts[a] for a in group) >= least:
            groups.append(group)
            group = []
    if groups:
        groups[-1] += group
    return groups


def fit_merchants(
    counts: Iterable[RowCounts], categories: tuple[str, ...], usual: Merchants, least: int
) -> list[tuple[str, str]] | None:
    """Return category and name of merchants; None if the usual lists hold all that were seen.

    Lists of categories with other names are those with at least `least` rows.
    """
    seen: Counter[tuple[int, str]] = Counter()
    for own in counts:
        seen.update(own.merchants)
    lists = dict(zip(usual.categories, usual.names, strict=True))
    changed = False
    for position, category in enumerate(categories):
        names = {name: number for (place, name), number in seen.items() if place == position and name}
        if category not in lists or not set(names) <= set(lists[category]):
            frequent = sorted(name for name, number in names.items() if number >= least and _is_clean(name))
            lists[category] = tuple(frequent) or lists.get(category) or (f"merchant of {category}",)
            changed = True
    return [(category, name) for category, names in lists.items() for name in names] if changed else None


def _is_clean(name: str) -> bool:
    """Return whether a list of merchants can hold a name."""
    return name.isprintable() and name == name.strip() and not {"|", '"'} & set(name) and 0 < len(name) <= MAX_TEXT
