"""Summaries: their numbers are those that PyArrow counts in the files."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.support.datasets import read_rows
from vecgen.config.loader import DEFAULT_PROFILES, load_profiles
from vecgen.config.profile import Season
from vecgen.model.exact import AMOUNT_EDGES
from vecgen.model.params import Period
from vecgen.records.receipt import Receipt
from vecgen.report.summary import Summary, days_of, list_seasons, quantiles, summarise
from vecgen.scan.counts import MAP_CELLS
from vecgen.verify.expectation import read_expectation
from vecgen.verify.verify import read_dataset


@pytest.fixture(scope="module")
def summary(parquet: tuple[Path, Receipt]) -> Summary:
    expectation = read_expectation(parquet[0], {})
    reading = read_dataset(parquet[0], expectation)
    return summarise(reading, expectation.profiles)


@pytest.fixture(scope="module")
def rows(parquet: tuple[Path, Receipt]) -> pa.Table:
    return read_rows(parquet[0])


def of_label(rows: pa.Table, label: int) -> pa.Table:
    return rows.filter(pc.equal(rows.column("is_fraud"), label))


@pytest.mark.parametrize("label", [0, 1])
def test_days_hours_and_totals(summary: Summary, rows: pa.Table, label: int) -> None:
    own = of_label(rows, label)
    days = Counter(own.column("trans_date").to_pylist())
    assert summary.days[label].tolist() == [days[day] for day in days_of(summary.period)]
    assert summary.rows[label] == own.num_rows
    assert summary.cents[label] == round(pc.sum(own.column("amt")).as_py() * 100)
    hours = Counter(
        (category, int(time[:2]))
        for category, time in zip(own.column("category").to_pylist(), own.column("trans_time").to_pylist(), strict=True)
    )
    expected = [[hours[category, hour] for hour in range(24)] for category in summary.categories]
    assert summary.hours[label].tolist() == expected
    assert summary.read == rows.num_rows


def test_profiles(summary: Summary, rows: pa.Table) -> None:
    for profile in summary.profiles:
        own = rows.filter(pc.equal(rows.column("profile"), f"{profile.name}.json"))
        by_label = [of_label(own, label) for label in (0, 1)]
        assert profile.customers == pc.count_distinct(own.column("ssn")).as_py()
        assert profile.defrauded == pc.count_distinct(by_label[1].column("ssn")).as_py()
        assert profile.rows == tuple(table.num_rows for table in by_label)
        assert profile.cents == tuple(round((pc.sum(t.column("amt")).as_py() or 0.0) * 100) for t in by_label)
    assert summary.customers == pc.count_distinct(rows.column("ssn")).as_py()
    assert summary.defrauded == pc.count_distinct(of_label(rows, 1).column("ssn")).as_py()


def test_quantiles_are_at_most_a_cell_off(summary: Summary, rows: pa.Table) -> None:
    for position, category in enumerate(summary.categories):
        own = of_label(rows, 0).filter(pc.equal(of_label(rows, 0).column("category"), category))
        if own.num_rows > 50:
            shares = (0.25, 0.5, 0.75)
            exact = np.quantile(own.column("amt").to_numpy(), shares, method="inverted_cdf")
            found = quantiles(summary.amounts[0, position], shares)
            assert found == pytest.approx(exact.tolist(), rel=0.1)


def test_quantiles_of_a_single_cell_and_of_nothing() -> None:
    cells = np.zeros(len(AMOUNT_EDGES) + 1, dtype=np.int64)
    assert np.isnan(quantiles(cells, [0.5])).all()
    cells[10] = 4
    low, high = AMOUNT_EDGES[9] / 100, AMOUNT_EDGES[10] / 100
    assert quantiles(cells, [0.0, 0.5, 1.0]) == pytest.approx([low, (low + high) / 2, high])


def test_places_on_the_map(summary: Summary, rows: pa.Table) -> None:
    def cell(lat: float, long: float) -> tuple[int, int]:
        return int((lat + 90) // 0.5), int((long + 180) // 0.5)

    homes = {row["ssn"]: cell(row["lat"], row["long"]) for row in rows.select(["ssn", "lat", "long"]).to_pylist()}
    assert found(summary.homes) == Counter(homes.values())
    for label in (0, 1):
        table = of_label(rows, label).select(["merch_lat", "merch_long"]).to_pylist()
        assert found(summary.purchases[label]) == Counter(cell(r["merch_lat"], r["merch_long"]) for r in table)
    assert summary.homes.shape == MAP_CELLS


def found(table: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> Counter[tuple[int, ...]]:
    return Counter({tuple(place): int(table[tuple(place)]) for place in np.argwhere(table).tolist()})


def test_seasons_are_cut_to_the_period(summary: Summary) -> None:
    spans = [(span.name, span.first, span.last) for span in summary.seasons]
    assert spans == [
        ("holidays", date(2023, 12, 20), date(2023, 12, 31)),
        ("post_holidays", date(2024, 1, 1), date(2024, 1, 20)),
    ]


def test_seasons_come_every_year_and_know_their_range_of_weights() -> None:
    regular = load_profiles(DEFAULT_PROFILES).regular
    spans = list(list_seasons(regular, Period(date(2023, 1, 1), date(2024, 12, 31))))
    assert [span.first.year for span in spans if span.name == "summer"] == [2023, 2024]
    weights = [season.weight for profile in regular for season in profile.seasons if season.name == "summer"]
    assert {(span.low, span.high) for span in spans if span.name == "summer"} == {(min(weights), max(weights))}


def test_a_season_to_the_29th_of_february_ends_with_the_month() -> None:
    from dataclasses import replace

    profile = replace(load_profiles(DEFAULT_PROFILES).regular[0], seasons=(Season("ice", (2, 1), (2, 29), 50.0),))
    spans = list_seasons([profile], Period(date(2023, 1, 1), date(2024, 12, 31)))
    assert [span.last for span in spans] == [date(2023, 2, 28), date(2024, 2, 29)]
