"""`python -m tests.equivalence.power`: the smallest change of each kind that the suite finds, as a Markdown table.

A change is found if samples of three seeds out of three are rejected: two profiles, 300 customers each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import pyarrow as pa
import pytest

from tests.equivalence.samplers import World, count, draw_arrays
from tests.equivalence.test_wrong_samplers import (
    CUSTOMERS,
    Wrong,
    at_one_merchant,
    change_profiles,
    due_north,
    of_frauds,
    on_the_full_minute,
    world_of,
)
from vecgen.config.profile import AmountDistribution, Profile
from vecgen.model.tables import ProfileTables
from vecgen.verify.row_tests import examine, judge

SEEDS = (1, 2, 3)
SIZES = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)


def _profile(change: Callable[[Profile, float], Profile]) -> Callable[[float], Wrong]:
    return lambda size: Wrong(profile=lambda profile: change(profile, size))


def _weigh_friday(profile: Profile, size: float) -> Profile:
    weights = list(profile.weekday_weights)
    weights[4] *= 1 + size
    return replace(profile, weekday_weights=tuple(weights))  # type: ignore[arg-type]


def _weigh_first_category(profile: Profile, size: float) -> Profile:
    first, *others = profile.category_weights
    return replace(profile, category_weights=(first * (1 + size), *others))


def _weigh_first_day_part(profile: Profile, size: float) -> Profile:
    first, *others = profile.day_part_weights
    return replace(profile, day_part_weights=(first * (1 + size), *others))


def _weigh_first_season(profile: Profile, size: float) -> Profile:
    first, *others = profile.seasons
    return replace(profile, seasons=(replace(first, weight=first.weight * (1 + size)), *others))


def _scale_mean(profile: Profile, size: float) -> Profile:
    return replace(profile, amounts=tuple(AmountDistribution(a.mean * (1 + size), a.stdev) for a in profile.amounts))


def _scale_stdev(profile: Profile, size: float) -> Profile:
    return replace(profile, amounts=tuple(AmountDistribution(a.mean, a.stdev * (1 + size)) for a in profile.amounts))


def _shrink(size: float) -> Wrong:
    def shrink(profile: ProfileTables) -> ProfileTables:
        return replace(profile, regular=replace(profile.regular, home_radius=round(1_000_000 * (1 - size))))

    return Wrong(tables=change_profiles(shrink))


def _some_frauds(change: Callable[[pa.Table], pa.Table]) -> Callable[[float], Wrong]:
    """Return a change of the first so many of a hundred frauds."""

    def change_some(table: pa.Table, size: float) -> pa.Table:
        changed = round(size * table.num_rows)
        return pa.concat_tables([change(table.slice(0, changed)), table.slice(changed)]).unify_dictionaries()

    return lambda size: Wrong(rows=of_frauds(lambda table: change_some(table, size)))


CHANGES: dict[str, Callable[[float], Wrong]] = {
    "weight of Friday": _profile(_weigh_friday),
    "weight of the first season": _profile(_weigh_first_season),
    "weight of the first category": _profile(_weigh_first_category),
    "weight of the morning": _profile(_weigh_first_day_part),
    "mean of every amount": _profile(_scale_mean),
    "standard deviation of every amount": _profile(_scale_stdev),
    "share of fraud rows at night, less": lambda size: Wrong(
        patch=("model.transactions._NIGHT_SHARE", 0.8 * (1 - size))
    ),
    "radius, less": _shrink,
    "share of defrauded customers, more": lambda size: Wrong({"fraud_rate": 0.5 * (1 + size)}),
    "share of defrauded customers, so much above 1 %": lambda size: Wrong({"fraud_rate": 0.01 + size}),
    "share of frauds on the full minute": _some_frauds(on_the_full_minute),
    "share of frauds at one merchant a category": _some_frauds(at_one_merchant),
    "share of frauds due north or south": _some_frauds(due_north),
}

LAWS: dict[str, dict[str, object]] = {"share of defrauded customers, so much above 1 %": {"fraud_rate": 0.01}}
"""What the true law differs in."""


def find_smallest(change: Callable[[float], Wrong], law: Mapping[str, object]) -> tuple[float | None, set[str]]:
    """Return the smallest size that is found with every seed, and the laws that find it then."""
    smallest, laws = None, set[str]()
    for size in SIZES:
        found = [set(_find(change(size), world_of(**law), seed)) for seed in SEEDS]
        common = set.intersection(*found)
        if not common:
            break
        smallest, laws = size, common
    return smallest, laws


def _find(wrong: Wrong, true: World, seed: int) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        totals = count(wrong.draw(true, CUSTOMERS, seed, monkeypatch), true.model)
    for finding in judge(examine(totals, true.model, true.names), 1e-3):
        if finding.verdict == "broken":
            yield f"{finding.law} ({finding.of})"


def main() -> None:
    """Print the table."""
    true = world_of()
    rows = count(draw_arrays(true, CUSTOMERS, SEEDS[0]), true.model).rows
    print(f"{rows:,} rows of {2 * CUSTOMERS} customers:\n")  # noqa: T201
    print("| change | smallest found | by |\n|---|---|---|")  # noqa: T201
    for name, change in CHANGES.items():
        size, laws = find_smallest(change, LAWS.get(name, {}))
        shown = "none" if size is None else f"{100 * size:g} %"
        print(f"| {name} | {shown} | {', '.join(sorted(laws))} |", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
