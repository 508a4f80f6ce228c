"""Reports of a dataset: true labels told by transaction numbers, dates compared with those that follow from them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

import vecgen
from vecgen.errors import InputError
from vecgen.model.fraud.reporting import LONGEST, Reporting, compile_reports
from vecgen.model.params import ModelParameters, make_period
from vecgen.sampling.categorical import compile_categorical
from vecgen.scan.reports import ReportReader, require_numbers, start_counts

COLUMNS = ["trans_num", "trans_date", "is_fraud", "reported_date"]
ASKED: dict[str, Any] = {
    "customers": 60,
    "fraud_rate": 0.5,
    "start": "2023-03-01",
    "end": "2023-05-31",
    "seed": 2**64 - 1,
}
LATE: dict[str, Any] = {"report_delay": (10, 5), "never_reported": 0.2, "false_reports": 0.01}
LAW = ModelParameters(make_period(date(2023, 3, 1), date(2023, 5, 31)), 0.5)
REPORTING = Reporting((10.0, 5.0), 0.2, 0.01)


def draw(**changes: Any) -> pa.RecordBatch:
    table = vecgen.generate_transactions(columns=COLUMNS, **{**ASKED, **LATE, **changes})
    return table.combine_chunks().to_batches()[0]


def make_reader(reporting: Reporting, **changes: Any) -> ReportReader:
    law = replace(LAW, reporting=reporting)
    return ReportReader(
        **{"tables": compile_reports(reporting), "law": law, "seed": 2**64 - 1, "has_dates": True, **changes}
    )


def test_true_labels_are_told_by_numbers() -> None:
    truth, known = draw(), draw(labels_as_of="2023-04-01")
    counts = start_counts(LAW)
    reader = make_reader(Reporting((10.0, 5.0), 0.2, 0.01, date(2023, 4, 1)))
    assert reader.read(known, counts).equals(truth)
    assert (counts.wrong_dates, counts.wrong_labels) == (0, 0)
    assert counts.delays[1].sum() == pc.sum(truth.column("is_fraud")).as_py() > 100
    reader.read(truth, counts)
    hidden = pc.sum(pc.not_equal(truth.column("is_fraud"), known.column("is_fraud"))).as_py()
    assert counts.wrong_labels == hidden > 0
    make_reader(Reporting(labels_as_of=date(2023, 4, 1)), has_dates=False).read(known, unlike := start_counts(LAW))
    assert unlike.wrong_labels > 0
    assert not unlike.delays.any()
    other = make_reader(Reporting((10.0, 5.0), 0.2, 0.01, date(2023, 4, 1)), seed=1).read(known, start_counts(LAW))
    assert other.column("is_fraud").equals(known.column("is_fraud"))  # numbers of another seed tell nothing


@pytest.mark.parametrize("shift", [-20, 1])
def test_a_date_that_does_not_follow_from_the_number_is_counted(shift: int) -> None:
    batch, counts = draw(), start_counts(LAW)
    days = batch.column("reported_date").view(pa.int32()).to_pylist()
    place = next(n for n, day in enumerate(days) if day is not None)
    days[place] += shift
    wrong = batch.set_column(3, batch.schema.field(3), pa.array(days, pa.int32()).view(pa.date32()))
    assert make_reader(REPORTING).read(wrong, counts).equals(wrong)
    assert counts.wrong_dates == 1
    before = days[place] < batch.column("trans_date").view(pa.int32())[place].as_py()
    assert counts.delays.sum() == batch.num_rows - before


def test_each_type_of_fraud_is_reported_in_its_own_way() -> None:
    kinds: dict[str, Any] = {"fraud_types": "card_testing=1,account_takeover=2", "customers": 100}
    law = vecgen.make_request(**{**ASKED, **LATE, **kinds, "labels_as_of": "2023-05-01"}).law
    own = [kind.type.report for kind in law.types]
    choice = compile_categorical(law.type_shares)
    reader = make_reader(REPORTING, tables=compile_reports(REPORTING, own), law=law, choice=choice)
    counts = start_counts(law)
    assert reader.read(draw(**kinds, labels_as_of="2023-05-01"), counts).equals(draw(**kinds))
    assert (counts.wrong_dates, counts.wrong_labels) == (0, 0)
    by_type = vecgen.generate_transactions(columns=["fraud_type"], **{**ASKED, **kinds})
    found = [pc.sum(pc.equal(by_type["fraud_type"], kind.type.name)).as_py() for kind in law.types]
    assert counts.delays[1:].sum(axis=1).tolist() == found
    assert counts.days.sum(axis=1).tolist() == found
    assert min(found) > 20


def test_what_is_never_reported_and_late_has_cells_of_its_own() -> None:
    batch, counts = draw(), start_counts(LAW)
    dates = pa.array([None, 40_000 + 20_000, *[None] * (batch.num_rows - 2)], pa.int32()).view(pa.date32())
    make_reader(REPORTING).read(batch.set_column(3, batch.schema.field(3), dates), counts)
    assert counts.delays[:, LONGEST + 1].sum() == batch.num_rows - 1
    assert counts.delays[:, LONGEST].sum() == 1
    counts.add(counts)
    assert counts.delays.sum() == 2 * batch.num_rows


def test_texts_that_are_no_numbers_are_read() -> None:
    batch, counts = draw(), start_counts(LAW)
    strange = batch.set_column(0, batch.schema.field(0), pa.array(["x"] * batch.num_rows))
    reader = make_reader(Reporting((10.0, 5.0), 0.2, 0.01, date(2023, 4, 1)))
    assert reader.read(strange, counts).num_rows == batch.num_rows
    assert counts.wrong_dates > 0


def test_labels_of_a_day_need_numbers_to_tell_the_truth() -> None:
    law = make_reader(Reporting(labels_as_of=date(2023, 4, 1))).law
    require_numbers("data", frozenset(COLUMNS), law)
    with pytest.raises(
        InputError, match="data: columns: got 'labels as of 2023-04-01', expected trans_num, trans_date"
    ):
        require_numbers("data", frozenset({"trans_date", "is_fraud"}), law)
