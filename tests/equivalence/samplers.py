"""Samples of any world - profiles, merchants, law - from the arrays, from the row loop, from wrong samplers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from random import Random  # noqa: TID251 - the row loop draws as the original does

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bench.contenders import joint_row_loop, row_loop
from vecgen.config.demographics import Merchants
from vecgen.config.profile import SUFFIX, ProfileSet
from vecgen.io.schema import COLUMNS, CUSTOMER_COLUMNS, arrow_schema
from vecgen.model.exact import ExactModel, write_out
from vecgen.model.odds.posterior import Posterior, compile_posterior
from vecgen.model.params import ModelParameters
from vecgen.model.tables import Tables, compile_tables
from vecgen.process.scratch import scratch_directory
from vecgen.run.batch import start_group
from vecgen.scan.counts import Totals, start_totals
from vecgen.scan.groups.group_counter import GroupCounter
from vecgen.scan.reports import make_reader
from vecgen.scan.row_checks import Columns
from vecgen.scan.row_counts import RowCounts
from vecgen.scan.scores import GroupScorer, Scores
from vecgen.verify.chi_square import Statistic, add, compare
from vecgen.verify.fraud.mixture_tests import examine_mixture
from vecgen.verify.fraud.type_tests import examine_types
from vecgen.verify.row_tests import Finding, examine, judge
from vecgen.verify.verify import check_defrauded

_HOME = (40.0, -100.0)  # degrees


@dataclass(frozen=True)
class World:
    """What decides a sample beside seed and customers."""

    profiles: ProfileSet
    merchants: Merchants
    law: ModelParameters

    @property
    def names(self) -> dict[str, tuple[str, ...]]:
        """Merchants by category."""
        return dict(zip(self.merchants.categories, self.merchants.names, strict=True))

    @property
    def posterior(self) -> Posterior:
        """What scores rows."""
        return compile_posterior(self.profiles, self.law)

    @property
    def model(self) -> ExactModel:
        """The exact law."""
        return write_out(self.profiles, self.law)


Batches = Iterable[pa.RecordBatch]
Spoil = Callable[[pa.Table], pa.Table]


def list_customers(world: World, customers: int) -> Iterator[pa.Table]:
    """Yield `customers` customers of each profile, all of whom live in one place."""
    for position, name in enumerate(world.profiles.names):
        ids = np.arange(customers) + position * customers
        text = [f"{number:012d}" for number in ids.tolist()]
        special = {"lat": [_HOME[0]] * customers, "long": [_HOME[1]] * customers, "city_pop": [1] * customers}
        special |= {"dob": [date(1980, 1, 1)] * customers, "profile": [f"{name}{SUFFIX}"] * customers}
        people = pa.table([special.get(c.name, text) for c in CUSTOMER_COLUMNS], schema=arrow_schema(CUSTOMER_COLUMNS))
        yield people.append_column("customer_id", pa.array(ids))


def draw_arrays(
    world: World, customers: int, seed: int, change: Callable[[Tables], Tables] = lambda tables: tables
) -> Iterator[Batches]:
    """Yield the rows of each profile's customers from the vectorised sampler; `change` spoils its tables."""
    tables = change(compile_tables(world.profiles, world.merchants, world.law, seed))
    for people in list_customers(world, customers):
        yield start_group(tables, people).all_batches()


def draw_loop(world: World, customers: int, seed: int) -> Iterator[Batches]:
    """Yield the rows of each profile's customers from the row loop."""
    rng = Random(seed)
    profiles = zip(world.profiles.regular, world.profiles.fraud, strict=True)
    for people, pair in zip(list_customers(world, customers), profiles, strict=True):
        home = row_loop.Customer(*_HOME)
        generate = joint_row_loop.generate if world.law.dependence == "v1.0" else row_loop.generate
        rows = [list(generate(*pair, home, world.law, world.names, rng)) for _ in range(customers)]
        yield _join(people, rows)


def _join(people: pa.Table, rows: list[list[row_loop.Transaction]]) -> Batches:
    """Return the rows of each customer with the customer's columns before them."""
    who = np.repeat(np.arange(len(rows)), [len(own) for own in rows])
    if len(who) == 0:
        return []
    values = zip(*(row for own in rows for row in own), strict=True)
    columns = [people.column(c.name).take(pa.array(who)).combine_chunks() for c in CUSTOMER_COLUMNS]
    schema = arrow_schema(COLUMNS)
    columns += [pa.array(own, f.type) for own, f in zip(values, list(schema)[len(CUSTOMER_COLUMNS) :], strict=True)]
    return [pa.RecordBatch.from_arrays(columns, schema=schema)]


def spoil_rows(groups: Iterable[Batches], spoil: Spoil) -> Iterator[Batches]:
    """Yield the rows of each group after `spoil` has changed them, as one table."""
    for batches in groups:
        yield spoil(pa.Table.from_batches(list(batches)).unify_dictionaries()).combine_chunks().to_batches()


def count(
    groups: Iterable[Batches], model: ExactModel, posterior: Posterior | None = None, seed: int | None = None
) -> Totals:
    """Return the counts of all groups.

    Args:
        posterior: What scores their rows, too.
        seed: By which they were drawn, if that is to tell types of fraud.
    """
    total = start_totals(model)
    reports = None if seed is None else make_reader(model.law, seed)
    for batches in groups:
        group = GroupCounter(model, reports=reports)
        rows = [group.add(batch) for batch in batches]
        total.add(group.close())
        if posterior:
            total.scores.add(score_all(rows, posterior))
    return total


def score_all(rows: Sequence[Columns], posterior: Posterior) -> Scores:
    """Return the scores of the rows of one group."""
    with scratch_directory() as scratch:
        scorer = GroupScorer(posterior, scratch)
        for columns in rows:
            scorer.add(columns)
        return scorer.close()


def find_broken(totals: Totals, world: World, error: float = 1e-3) -> set[str]:
    """Return what does not hold, "law (of whom)" or the name of a fault."""
    broken = {f"{f.law} ({f.of})" for f in find(totals, world, error) if f.verdict == "broken"}
    broken |= {check.name for check in check_defrauded(totals, world.model) if not check.holds}
    return broken | {*totals.faults} | ({"fraud dates"} if totals.kept_on_fraud_dates else set())


def find(totals: Totals, world: World, error: float = 1e-3) -> list[Finding]:
    """Return how each law fares."""
    statistics = examine(totals, world.model, world.names)
    return judge(statistics | examine_types(totals, world.model) | examine_mixture(totals, world.model), error)


def compare_samples(one: Totals, other: Totals) -> dict[str, Statistic]:
    """Return the two-sample statistic of every joint count, given the totals of both, by name.

    Each cell is a group of two: so its share of one sample is compared with the share of all rows. That counts one
    degree of freedom too many for each table, which makes the statistic a little too kind.
    """
    out = {}
    for label, kind in enumerate(("regular", "fraud")):
        pairs = [
            (_tables(a[label], label), _tables(b[label], label)) for a, b in zip(one.counts, other.counts, strict=True)
        ]
        for name in pairs[0][0]:
            out[f"{name} ({kind})"] = add(compare_two(a[name], b[name]) for a, b in pairs)
    histories = [(a.rows, b.rows) for a, b in zip(one.customers, other.customers, strict=True)]
    keys = [sorted({*a, *b}) for a, b in histories]
    counted = zip(histories, keys, strict=True)
    out["rate"] = add(
        compare_two(np.array([a[k] for k in own]), np.array([b[k] for k in own])) for (a, b), own in counted
    )
    return out


def _tables(counts: RowCounts, label: int) -> dict[str, npt.NDArray[np.int64]]:
    """Return the counts that rows of one label fill independently; fraud rows of a customer share their dates."""
    names = ("category_hours", "minute_seconds", "amounts", "near", "far")
    tables = {name: getattr(counts, name) for name in names}
    if label == 0:
        return tables | {"slots": counts.slots, "month_hours": counts.month_hours}
    return tables | {"category and day part": counts.slots.sum(axis=0)}


def compare_two(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> Statistic:
    """Return the two-sample statistic of a table of counts."""
    totals = [a.sum(), b.sum()]
    if min(totals) == 0:
        return Statistic()
    return compare(np.stack([a.ravel(), b.ravel()], axis=1), totals)


def shipped(law: ModelParameters, profiles: ProfileSet, merchants: Merchants, names: Iterable[str]) -> World:
    """Return a world of some of the shipped profiles."""
    chosen = [profiles.names.index(name) for name in names]
    regular, fraud = (tuple(side[position] for position in chosen) for side in (profiles.regular, profiles.fraud))
    own = replace(profiles, names=tuple(names), regular=regular, fraud=fraud, segments=())
    return World(own, merchants, law)
