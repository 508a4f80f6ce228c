"""What verify says of datasets that are too small, not complete, a single file, or made by the original elsewhere."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import vecgen
from tests.conftest import Compile
from tests.support.datasets import data_files, read_rows
from vecgen.cli.main import main
from vecgen.errors import InputError, setting, spell_keywords, spell_options
from vecgen.model.params import ModelParameters, Period
from vecgen.plan.output import Output
from vecgen.records.receipt import RECEIPT, Receipt
from vecgen.report.build import default_output
from vecgen.run.local import run_local
from vecgen.verify.certificate import Certificate, spell_certificate, spell_outcome, to_text
from vecgen.verify.certify import verify_dataset
from vecgen.verify.expectation import read_expectation

Dataset = tuple[Path, Receipt]
WINTER = Period(date(2023, 12, 20), date(2024, 1, 20))
STATED: dict[str, Any] = {"start": WINTER.start, "end": WINTER.end, "fraud_rate": 0.5}


def certify(directory: Path, **stated: Any) -> Certificate:
    return verify_dataset(directory, read_expectation(directory, stated))


def write_foreign(path: Path, rows: pa.Table) -> Path:
    path.mkdir(parents=True)
    pq.write_table(rows, path / "rows.parquet")
    return path


def put(rows: pa.Table, name: str, values: pa.Array) -> pa.Table:
    place = rows.schema.get_field_index(name)
    return rows.set_column(place, rows.schema.field(place), values.cast(rows.schema.field(place).type))


# ------------------------------------------------------------------------------------------------------------ too small
@pytest.fixture(scope="module")
def three(compile_small: Compile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("three")
    run_local(compile_small(customers=3, law=ModelParameters(WINTER, 0.01)), Output(path), 1)
    return path


def test_three_customers_are_too_few_for_laws_of_customers(three: Path) -> None:
    certificate = certify(three)
    verdicts = {(finding.law, finding.of): finding.verdict for finding in certificate.findings}
    assert {verdicts[law, "customers"] for law in ("rate", "fraud rate", "age and gender")} == {"not testable"}
    assert {verdict for (_, of), verdict in verdicts.items() if of == "fraud"} == {"not testable"}
    assert verdicts["second", "regular"] == "holds"
    assert all(finding.freedom > 0 for finding in certificate.findings if finding.verdict == "holds")
    assert certificate.outcome == "accepted"
    untested = list(verdicts.values()).count("not testable")
    assert f"{untested} of {len(verdicts)} tests need more rows" in spell_outcome(certificate)
    line = next(line for line in to_text(certificate).splitlines() if line.startswith("fraud rate "))
    assert line.endswith("not testable with so few rows")


def test_a_stealth_is_read_from_the_receipt_and_another_one_is_found(
    compile_small: Compile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    law = ModelParameters(WINTER, 0.8, fraud_days=7, fraud_stealth=0.5)
    run_local(compile_small(customers=100, law=law), Output(tmp_path / "o"), 1)
    assert certify(tmp_path / "o").holds
    for wrong in ("0", "0.9"):
        assert main(["verify", str(tmp_path / "o"), "--quiet", "--json", "--fraud-stealth", wrong]) == 1
        found = json.loads(capsys.readouterr().out)["findings"]
        assert "hour" in {f["law"] for f in found if f["of"] == "fraud" and f["verdict"] == "broken"}
    assert main(["verify", str(tmp_path / "o"), "--fraud-stealth", "1.5"]) == 2
    assert capsys.readouterr().err.endswith("--fraud-stealth: got 1.5, expected a probability from 0 to 1\n")


TYPES = "sparkov=2,card_testing=2,account_takeover=1,friendly_fraud=2,counterfeit=1"


def test_fraud_of_several_types_is_tested_type_by_type_and_by_its_probability(tmp_path: Path) -> None:
    asked: dict[str, Any] = {"customers": 120, "end": "2023-03-31", "fraud_rate": 0.7, "quiet": True}
    vecgen.write_dataset(output=tmp_path / "o", with_fraud_probability=True, fraud_types=TYPES, **asked)
    certificate = certify(tmp_path / "o")
    assert certificate.holds
    assert not any("fraud types" in note for note in certificate.notes)
    verdicts = {(finding.law, finding.of): finding.verdict for finding in certificate.findings}
    assert verdicts["length of bursts", "card_testing"] == verdicts["hour", "account_takeover"] == "holds"
    assert verdicts["date", "regular"] == "holds"
    assert verdicts["probability of a row", "customers"] == verdicts["probability of a day", "customers"] == "holds"
    # With the types of another request the same rows are found to be wrong.
    receipt = tmp_path / "o" / RECEIPT
    written = json.loads(receipt.read_text(encoding="utf-8"))
    written["request"]["law"]["fraud_types"]["account_takeover"]["amount_factor"] = 3.0
    receipt.write_text(json.dumps(written), encoding="utf-8")
    broken = {check.name for check in certify(tmp_path / "o").checks if not check.holds}
    assert any("fraud_probability" in name for name in broken)


def test_where_nothing_can_be_tested_nothing_is_decided(
    compile_small: Compile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_local(compile_small(customers=3), Output(tmp_path / "o"), 1, transactions=False)
    assert main(["verify", str(tmp_path / "o"), "--quiet"]) == 2
    assert capsys.readouterr().out.splitlines()[-1].startswith("UNDECIDED: no check failed, but there are too few rows")
    assert main(["verify", str(tmp_path / "o"), "--quiet", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["outcome"] == "undecided"


@pytest.mark.parametrize(
    ("stated", "broken"), [(0.0, "defrauded"), (0.01, "defrauded (customers)"), (1.0, "defrauded")]
)
def test_half_of_the_customers_defrauded_is_another_fraud_rate(parquet: Dataset, stated: float, broken: str) -> None:
    assert certify(parquet[0]).holds
    assert broken in certify(parquet[0], fraud_rate=stated).broken


def test_a_fraud_rate_that_nobody_stated_is_named(parquet: Dataset, profiles: Path, tmp_path: Path) -> None:
    path = write_foreign(tmp_path / "o", read_rows(parquet[0]))
    certificate = certify(path, profiles=profiles, start=WINTER.start, end=WINTER.end)
    assert "defrauded (customers)" in certificate.broken
    assert "customers are defrauded, for a fraud rate of 0.01; fraud_rate states another" in spell_keywords(
        certificate.notes[0]
    )


@pytest.mark.parametrize("part", ["customers", "transactions", "fraud_cases"])
def test_a_part_that_is_gone_is_missed(parquet: Dataset, tmp_path: Path, part: str) -> None:
    shutil.copytree(parquet[0], tmp_path / "o")
    shutil.rmtree(tmp_path / "o" / part)
    assert f"receipt: {part}" in certify(tmp_path / "o").broken


# ------------------------------------------------------------------------------------------------------- what is given
def test_a_file_is_a_dataset(parquet: Dataset, profiles: Path, tmp_path: Path) -> None:
    path = write_foreign(tmp_path / "o", read_rows(parquet[0]))
    whole = certify(path, profiles=profiles, **STATED)
    alone = certify(path / "rows.parquet", profiles=profiles, **STATED)
    assert whole.findings == alone.findings
    assert alone.digests == whole.digests == {"transactions": parquet[1].parts["transactions"].digest}


def test_a_file_has_a_digest(parquet: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_foreign(tmp_path / "o", read_rows(parquet[0]))
    assert main(["digest", str(path / "rows.parquet")]) == 0
    part = parquet[1].parts["transactions"]
    assert capsys.readouterr().out == f"transactions {part.rows} rows {part.digest}\n"


def test_a_directory_without_data_is_called_so_before_its_period_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="got 'no data files'"):
        read_expectation(tmp_path, {})


def test_the_report_on_a_file_needs_a_place(parquet: Dataset) -> None:
    file = data_files(parquet[0] / "transactions")[0]
    with pytest.raises(InputError, match=r"output: got 'nothing', expected a directory of this machine"):
        default_output(file)


def test_a_file_of_another_kind_is_none(tmp_path: Path) -> None:
    (tmp_path / "rows.csv.gz").write_bytes(b"")
    with pytest.raises(InputError, match=r"got 'no data files', expected .* or one such file"):
        certify(tmp_path / "rows.csv.gz", **STATED)


def test_a_part_of_a_dataset_names_the_whole(parquet: Dataset) -> None:
    with pytest.raises(InputError, match=f"verify the whole of {parquet[0]}, or pass start and end"):
        certify(parquet[0] / "transactions")


def test_a_dataset_that_is_not_complete_says_how_to_complete_it(parquet: Dataset, tmp_path: Path) -> None:
    shutil.copytree(parquet[0], tmp_path / "o")
    (tmp_path / "o" / RECEIPT).unlink()
    (tmp_path / "o" / "_progress").mkdir()
    (tmp_path / "o" / "_progress" / "run.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match=r"got 'an incomplete dataset', .* started it, with resume=True"):
        certify(tmp_path / "o", **STATED)


def test_customers_files_that_are_not_checked_are_mentioned(parquet: Dataset, profiles: Path, tmp_path: Path) -> None:
    path = write_foreign(tmp_path / "o", read_rows(parquet[0]))
    shutil.copy(data_files(parquet[0] / "customers")[0], path / "customers.parquet")
    notes = certify(path, profiles=profiles, **STATED).notes
    assert [f"{setting('as_of')} DATE" in note for note in notes] == [True]


# ----------------------------------------------------------------------------------------------------- of the original
def in_zone(rows: pa.Table, name: str) -> pa.Table:
    """Count `unix_time` as a machine of a time zone does."""
    moments = pc.cast(rows.column("unix_time"), pa.timestamp("s"))
    local = pc.assume_timezone(moments, name, ambiguous="earliest", nonexistent="latest")
    return put(rows, "unix_time", local.cast(pa.int64()))


@pytest.mark.parametrize("stated", [{}, {"time_zone": "Asia/Kolkata"}])
def test_local_time_is_found_or_stated(
    parquet: Dataset, profiles: Path, tmp_path: Path, stated: dict[str, str]
) -> None:
    rows = read_rows(parquet[0])
    path = write_foreign(tmp_path / "o", in_zone(rows, "Asia/Kolkata"))
    certificate = certify(path, profiles=profiles, **STATED, **stated)
    assert certificate.broken == ()
    assert certificate.customers > 0
    assert "local time of Asia/Kolkata" in certificate.notes[0]
    assert ("as stated" in certificate.notes[0]) == bool(stated)
    assert certificate.findings == certify(write_foreign(tmp_path / "utc", rows), profiles=profiles, **STATED).findings


def test_another_zone_than_the_stated_one_is_broken(parquet: Dataset, profiles: Path, tmp_path: Path) -> None:
    path = write_foreign(tmp_path / "o", in_zone(read_rows(parquet[0]), "Asia/Kolkata"))
    certificate = certify(path, profiles=profiles, time_zone="Asia/Tokyo", **STATED)
    assert "unix_time" in certificate.broken
    assert "pass --time-zone NAME" in to_text(spell_certificate(certificate, spell_options))


def test_our_own_datasets_count_in_utc(parquet: Dataset, tmp_path: Path) -> None:
    shutil.copytree(parquet[0], tmp_path / "o")
    for file in data_files(tmp_path / "o" / "transactions"):
        pq.write_table(in_zone(pq.ParquetFile(file).read(), "Asia/Kolkata"), file)
    assert "unix_time" in certify(tmp_path / "o").broken


def repeat_draws(rows: pa.Table, workers: int = 3) -> pa.Table:
    """Let groups of customers have each other's transaction numbers and places, as forked workers draw them."""
    who = rows.column("ssn").cast("string").combine_chunks().dictionary_encode().indices.to_numpy()
    worker = who % workers
    order = np.argsort(worker, kind="stable")
    rows = rows.take(pa.array(order))
    place = np.concatenate([np.arange(size) for size in np.bincount(worker)])
    offsets = {n: np.round(pc.subtract(rows[f"merch_{n}"], rows[n]).to_numpy(), 6) for n in ("lat", "long")}
    rows = put(rows, "trans_num", rows.column("trans_num").take(pa.array(place)))
    for name, offset in offsets.items():
        rows = put(rows, f"merch_{name}", pa.array(rows[name].to_numpy() + offset[place]))
    return rows


def test_forked_workers_of_the_original_are_recognised(parquet: Dataset, profiles: Path, tmp_path: Path) -> None:
    path = write_foreign(tmp_path / "o", repeat_draws(read_rows(parquet[0])))
    certificate = certify(path, profiles=profiles, **STATED)
    assert certificate.outcome == "accepted"
    assert "its workers (at least 3) draw the same numbers" in certificate.notes[0]
    check = next(check for check in certificate.checks if check.name == "unique trans_num")
    assert (check.known_flaw, check.broken > 1000) == (True, True)
    assert "ACCEPTED but for a known flaw of the original (unique trans_num" in to_text(certificate)


def copy_rows(rows: pa.Table) -> pa.Table:
    return pa.concat_tables([rows, rows.slice(0, 100)])


def number_alike(rows: pa.Table) -> pa.Table:
    """Give every other row the number of one before, but a place of its own."""
    return put(rows, "trans_num", rows.column("trans_num").take(pa.array(np.arange(rows.num_rows) // 2)))


@pytest.mark.parametrize("change", [copy_rows, number_alike])
def test_other_repeated_numbers_are_rejected(
    parquet: Dataset, profiles: Path, tmp_path: Path, change: Callable[[pa.Table], pa.Table]
) -> None:
    path = write_foreign(tmp_path / "o", change(read_rows(parquet[0])))
    certificate = certify(path, profiles=profiles, **STATED)
    assert "unique trans_num" in certificate.broken
    assert certificate.notes == ()


def test_forked_workers_excuse_no_other_mistake(parquet: Dataset, profiles: Path, tmp_path: Path) -> None:
    rows = repeat_draws(read_rows(parquet[0]))
    smaller = put(rows, "merch_lat", pc.add(rows["lat"], pc.multiply(pc.subtract(rows["merch_lat"], rows["lat"]), 0.5)))
    certificate = certify(write_foreign(tmp_path / "o", smaller), profiles=profiles, **STATED)
    assert "latitude (regular)" in certificate.broken


@pytest.mark.parametrize("command", ["verify", "report"])
def test_fewer_than_one_process_is_refused(
    command: str, parquet: tuple[Path, Receipt], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--output", str(tmp_path / "r")] if command == "report" else []
    assert main([command, str(parquet[0]), "--processes", "0", "--quiet", *more]) == 2
    assert capsys.readouterr().err == "vecgen: --processes: got 0, expected a whole number from 1 up\n"
