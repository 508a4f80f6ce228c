"""Plans: batches that cover every customer once, and fingerprints that know content from paths."""

from __future__ import annotations

import dataclasses
import json
import pickle
import shutil
import tracemalloc
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import LAW, WINTER, Compile
from vecgen.io.schema import CUSTOMER_COLUMNS
from vecgen.model.fraud.fraud_type import FraudType, WeightedType
from vecgen.model.params import Period
from vecgen.plan.plan import Plan, compile_plan, index_batches
from vecgen.plan.request import Request, describe_request
from vecgen.plan.schedule import cut_again


@pytest.mark.parametrize("batch_rows", [1, 37, 500, 5000, 10**9])
def test_every_customer_is_in_one_batch(
    batch_rows: int, compile_small: Compile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vecgen.plan.batches.BATCH_ROWS", batch_rows)
    plan = compile_small()
    assert [batch.number for batch in plan.batches] == list(range(len(plan.batches)))
    assert all(batch.first < batch.last for batch in plan.batches)
    found = []
    for batch in plan.batches:
        table = plan.source.table(batch.first, batch.last, batch.profile)
        name = f"{plan.tables.profile(batch.profile).name}.json"
        assert set(table["profile"].to_pylist()) <= {name}
        found += table["customer_id"].to_pylist()
    assert sorted(found) == list(range(60))


@pytest.mark.parametrize("batch_rows", [1, 500, 10**9])
def test_the_index_knows_the_batch_of_a_customer(
    batch_rows: int, compile_small: Compile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vecgen.plan.batches.BATCH_ROWS", batch_rows)
    plan = compile_small()
    numbered = index_batches(plan).append_number(plan.source.table(0, 60))
    by_id = dict(zip(numbered["customer_id"].to_pylist(), numbered["batch"].to_pylist(), strict=True))
    for batch in plan.batches:
        ids = plan.source.table(batch.first, batch.last, batch.profile)["customer_id"].to_pylist()
        assert {by_id[customer] for customer in ids} <= {batch.number}


def test_the_largest_batches_come_first(compile_small: Compile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vecgen.plan.batches.BATCH_ROWS", 400)
    expected = [batch.rows for batch in compile_small().batches]
    assert len(expected) > 5
    assert expected == sorted(expected, reverse=True)


def test_expected_rows_come_near_the_written(compile_small: Compile) -> None:
    plan = compile_small(customers=4000)
    rows = sum(batch.rows for batch in plan.batches)
    rates = [(p.regular.per_day[0] + p.regular.per_day[1]) / 2 * WINTER.span for p in plan.tables.profiles]
    assert min(rates) < rows / 4000 < max(rates) * 1.5


def test_expected_rows_count_each_type_by_its_share(compile_small: Compile) -> None:
    kinds = [WeightedType(FraudType(name, days=6, per_day=(rate, rate)), rate) for name, rate in (("a", 1), ("b", 3))]
    plain, typed = (
        compile_small(law=dataclasses.replace(LAW, fraud_rate=rate, fraud_types=tuple(kinds))).rows_per_customer
        for rate in (0.0, 0.5)
    )
    more = [total - own for total, own in zip(typed, plain, strict=True)]
    assert more == pytest.approx([0.5 * 6 * (0.25 * 1 + 0.75 * 3)] * len(plain))


def test_customer_ranges_cover_every_customer_once(compile_small: Compile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vecgen.plan.plan.CUSTOMERS_PER_FILE", 25)
    assert list(compile_small().customer_ranges()) == [(0, 25), (25, 50), (50, 60)]


def test_a_plan_survives_pickling(plan: Plan) -> None:
    copy = pickle.loads(pickle.dumps(plan))
    assert (copy.request, copy.fingerprint, copy.batches) == (plan.request, plan.fingerprint, plan.batches)
    assert copy.source.table(0, 60).equals(plan.source.table(0, 60))


class TestFingerprint:
    def test_it_has_sixteen_hexadecimal_digits(self, plan: Plan) -> None:
        assert len(plan.fingerprint) == 16
        int(plan.fingerprint, 16)

    def test_equal_requests_have_equal_ones(self, plan: Plan, compile_small: Compile) -> None:
        assert compile_small().fingerprint == plan.fingerprint

    def test_paths_do_not_matter(
        self, plan: Plan, compile_small: Compile, profile_copy: Path, demographics_copy: Path
    ) -> None:
        moved = compile_small(profiles=profile_copy, demographics=demographics_copy)
        assert moved.fingerprint == plan.fingerprint

    def test_neither_does_the_layout_of_a_profile(self, plan: Plan, compile_small: Compile, profile_copy: Path) -> None:
        path = profile_copy / "leftovers.json"
        path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8"))), encoding="utf-8")
        assert compile_small(profiles=profile_copy).fingerprint == plan.fingerprint

    def test_where_a_type_of_fraud_is_from_does_not_matter(self, compile_small: Compile) -> None:
        named, found = (
            compile_small(law=dataclasses.replace(LAW, fraud_types=(WeightedType(FraudType("a"), 1.0, folder),)))
            for folder in ("", "somewhere")
        )
        assert named.fingerprint == found.fingerprint
        assert describe_request(named.request) != describe_request(found.request)

    def test_the_default_of_as_of_said_aloud_is_the_same(self, plan: Plan, compile_small: Compile) -> None:
        assert compile_small(as_of=WINTER.start).fingerprint == plan.fingerprint

    @pytest.mark.parametrize(
        "changes",
        [
            {"seed": 43},
            {"customers": 61},
            {"as_of": date(2020, 1, 1)},
            {"safe_identifiers": True},
            {"law": dataclasses.replace(LAW, fraud_rate=0.25)},
            {"law": dataclasses.replace(LAW, fraud_days=2)},
            {"law": dataclasses.replace(LAW, fraud_stealth=0.1)},
            {"law": dataclasses.replace(LAW, dependence="v1.0")},
            {"law": dataclasses.replace(LAW, travel=True)},
            {"law": dataclasses.replace(LAW, fraud_types=(WeightedType(FraudType("sparkov"), 1.0),))},
            {"law": dataclasses.replace(LAW, period=Period(WINTER.start, date(2024, 1, 21)))},
            {"law": dataclasses.replace(LAW, period=Period(date(2023, 12, 19), WINTER.end)), "as_of": WINTER.start},
        ],
    )
    def test_what_is_asked_matters(self, changes: dict[str, object], plan: Plan, compile_small: Compile) -> None:
        assert compile_small(**changes).fingerprint != plan.fingerprint

    @pytest.mark.parametrize(
        ("file", "old", "new"),
        [
            ("main_config.json", '"min": 50', '"min": 51'),
            ("leftovers.json", '"travel_pct": ', '"travel_pct": 0.'),
            ("fraud_leftovers.json", '"max": ', '"max": 1'),
        ],
    )
    def test_profiles_matter(
        self, file: str, old: str, new: str, plan: Plan, compile_small: Compile, profile_copy: Path
    ) -> None:
        path = profile_copy / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        assert compile_small(profiles=profile_copy).fingerprint != plan.fingerprint

    @pytest.mark.parametrize("file", ["places.csv", "age_gender.csv", "merchants.csv"])
    def test_demographics_matter(self, file: str, plan: Plan, compile_small: Compile, demographics_copy: Path) -> None:
        path = demographics_copy / file
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join([*lines[:-2], lines[-1], ""]), encoding="utf-8")
        assert compile_small(demographics=demographics_copy).fingerprint != plan.fingerprint

    def test_listed_customers_matter_their_order_too(self, plan: Plan, compile_small: Compile, tmp_path: Path) -> None:
        people = plan.source.table(0, 60).drop_columns(["customer_id"])
        tables = {
            "same": people,
            "fewer": people.slice(0, 59),
            "reversed": people.take(pa.array(np.arange(60)[::-1])),
            "renamed": people.set_column(2, "first", pa.array(["Ann"] * 60)),
        }
        fingerprints = {}
        for name, table in tables.items():
            pq.write_table(table, tmp_path / f"{name}.parquet")
            fingerprints[name] = compile_small(customers_file=tmp_path / f"{name}.parquet").fingerprint
        assert len(set(fingerprints.values())) == 4
        shutil.copy(tmp_path / "same.parquet", tmp_path / "copy.parquet")
        assert compile_small(customers_file=tmp_path / "copy.parquet").fingerprint == fingerprints["same"]


def test_fingerprints_stay_what_they_are(plan: Plan) -> None:
    # Pinned: another one refuses to resume or append to every output there is.
    assert compile_plan(Request()).fingerprint == "9a281d70462be4c0"
    read = {"profiles", "demographics", "customers_file", "word_lists"}
    law = {"start", "end", "fraud_rate", "fraud_days", "dependence", "travel"}
    assert set(plan.identity) == read | law | {"customers", "as_of", "safe_identifiers", "seed"}


def test_word_lists_of_another_faker_are_another_request(plan: Plan, compile_small: Compile) -> None:
    from faker.providers.job.en_US import Provider as Job

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Job, "jobs", (*list(Job.jobs)[:-1], "Lamplighter"))
        other = compile_small()
    differing = {name for name in plan.identity if plan.identity[name] != other.identity[name]}
    assert differing == {"word_lists"}
    assert other.fingerprint != plan.fingerprint


def test_listed_customers_keep_row_numbers_as_ids(plan: Plan, compile_small: Compile, tmp_path: Path) -> None:
    people = plan.source.table(0, 60)
    pq.write_table(people.select([c.name for c in CUSTOMER_COLUMNS]), tmp_path / "c.parquet")
    listed = compile_small(customers_file=tmp_path / "c.parquet")
    assert listed.source.count == 60
    assert listed.source.table(0, 60).equals(people)
    assert listed.source.table(7, 21).equals(people.slice(7, 14))
    np.testing.assert_allclose(listed.source.shares(3), plan.source.shares(3))


BILLION = 10**9


@pytest.fixture(scope="module")
def many(compile_small: Compile) -> Plan:
    """Return a plan of a billion customers; nothing of them is drawn but a sample."""
    return cut_again(compile_small(customers=BILLION), 5_000_000)


def test_no_batch_of_a_billion_customers_is_too_much_for_a_worker(many: Plan) -> None:
    shares = many.source.shares(3)
    assert len(many.batches) > 10_000
    for batch in many.batches:
        assert batch.last - batch.first <= 10_000_000
        assert (batch.last - batch.first) * shares[batch.profile] <= 1_000_001


def test_the_index_of_ten_thousands_of_batches_agrees_with_them(many: Plan) -> None:
    index = index_batches(many)
    for first in (0, 123_456_789, BILLION - 500):
        people = many.source.table(first, first + 500)
        numbers = index.append_number(people).column("batch").to_pylist()
        names = [profile.name for profile in many.tables.profiles]
        for person, number in zip(people.select(["customer_id", "profile"]).to_pylist(), numbers, strict=True):
            batch = many.batches[number]
            assert batch.first <= person["customer_id"] < batch.last
            assert f"{names[batch.profile]}.json" == person["profile"]


def test_a_customer_of_rare_profile_is_found_without_holding_all_ids(
    many: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = many.source.table(500, 1500, 1)
    monkeypatch.setattr("vecgen.plan.customer_source._SCAN", 7)
    assert many.source.table(500, 1500, 1).equals(whole)
    assert many.source.table(500, 500, 1).num_rows == 0


def test_planning_takes_memory_for_batches_only(compile_small: Compile) -> None:
    compile_small()  # word lists and the like are kept

    def measure(customers: int) -> tuple[int, int]:
        tracemalloc.start()
        plan = compile_small(customers=customers)
        index_batches(plan)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return len(plan.batches), peak

    (few, little), (more, much) = measure(10**6), measure(BILLION)
    assert more > 100 * few
    assert much - little < 600 * (more - few)
