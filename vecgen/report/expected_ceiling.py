"""The ceiling of a dataset before a row of it is made: estimated from customers drawn by its plan.

Half of the sampled customers are defrauded, whatever the fraud rate, and both halves are weighted as the rate says. So
a rate of one in a thousand is known as well as one in two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa

from vecgen.config.loader import load_profiles
from vecgen.config.profile import SUFFIX
from vecgen.errors import InputError, setting
from vecgen.model.odds.likelihood import Seen
from vecgen.model.odds.posterior import Posterior
from vecgen.model.rows import SEEN_ATTRIBUTES
from vecgen.model.transaction_dates import draw_calendar
from vecgen.model.transactions import draw_rows
from vecgen.plan.customer_source import locate_customers
from vecgen.plan.plan import Plan, compile_plan
from vecgen.plan.request import Request
from vecgen.report.ceiling import Ceiling, measure_ceiling
from vecgen.sampling.arrays import I64, Bools
from vecgen.scan.scores import BLOCKS, DETECTORS, LOG_ODDS, count_log_odds

_LEAST_RATE: Final = 0.5  # of the sample
_ROWS: Final = 3_000_000  # of the sample, about
_LEAST_CUSTOMERS: Final = 64
_PIECES: Final = 64  # of a file of customers, which may be sorted


def expect_ceiling(request: Request) -> Ceiling:
    """Return the ceiling to expect of a request's dataset; the errors are those of the sample, some seconds' work.

    Raises:
        InputError: A value or file that cannot be used, or a fraud rate of 0.
    """
    rate = request.law.fraud_rate
    if rate == 0:
        raise InputError(setting("fraud_rate"), "", rate, "more than 0, so that there is fraud to be detected")
    plan = compile_plan(request)
    size = max(_LEAST_CUSTOMERS, round(_ROWS * plan.source.count / max(1, plan.rows)))
    drawn_rate = max(rate, _LEAST_RATE)
    sample = compile_plan(replace(request, customers=size, law=replace(request.law, fraud_rate=drawn_rate)))
    weights = (1.0 - rate) / max(1.0 - drawn_rate, 1e-300), rate / drawn_rate
    counts, rows, customers = np.zeros((len(DETECTORS), BLOCKS, 2, len(LOG_ODDS) + 1)), 0, 0
    posterior = Posterior(load_profiles(request.profiles), request.law)
    for people in _choose_customers(sample, size):
        customers += people.num_rows
        for seen, is_fraud, defrauded, ids in _draw(sample, posterior, people):
            own = np.where(defrauded, weights[1], weights[0])
            rows += len(own)
            for detector, odds in enumerate(posterior.log_odds(seen)):
                counts[detector] += count_log_odds(odds, ids % BLOCKS, is_fraud, own)
    return measure_ceiling(counts, rows, plan.source.count / customers)


def _choose_customers(plan: Plan, size: int) -> Iterator[pa.Table]:
    """Yield about so many customers, evenly spread over all, by profile."""
    count = plan.source.count
    pieces = 1 if count <= size else _PIECES
    length = min(count, size) // pieces
    for first in np.linspace(0, count - length, pieces).astype(np.int64).tolist():
        for profile in range(len(plan.tables.profiles)):
            people = plan.source.table(first, first + length, profile)
            if people.num_rows:
                yield people


def _draw(plan: Plan, posterior: Posterior, people: pa.Table) -> Iterator[tuple[Seen, Bools, Bools, I64]]:
    """Yield rows of customers of one profile, their labels, whether their customers are defrauded, and their ids."""
    tables = plan.tables
    names = [f"{profile.name}{SUFFIX}" for profile in tables.profiles]
    profile = names.index(people.column("profile")[0].as_py())
    homes = locate_customers(people)
    calendar = draw_calendar(tables, tables.profiles[profile], homes)
    defrauded = np.zeros(len(homes), dtype=np.bool_)
    for stream in calendar.frauds:
        defrauded[stream.members] = True
    for rows in draw_rows(tables, calendar, range(tables.law.period.days), attributes=SEEN_ATTRIBUTES):
        seen = posterior.see(rows, homes, profile, tables.categories)
        yield seen, rows.is_fraud == 1, defrauded[rows.customer], homes.ids[rows.customer]
