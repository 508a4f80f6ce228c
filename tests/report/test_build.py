"""Reports: the page says what the files hold, needs nothing beside it, and replaces nothing but a report."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from base64 import b64decode
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import vecgen
from tests.conftest import Compile
from tests.support.datasets import data_files, list_tree, read_rows
from tests.support.pages import Page
from vecgen.cli.main import main
from vecgen.errors import InputError, OutputError
from vecgen.io.reader import digest_dataset
from vecgen.plan.command import recall_command
from vecgen.plan.output import Output
from vecgen.records.receipt import Receipt
from vecgen.report.build import PAGE, REPORT, write_report
from vecgen.report.ceiling import spell_figure
from vecgen.report.charts import share_outside
from vecgen.report.figures import Chart
from vecgen.report.html_elements import share
from vecgen.report.summary import Summary, quantiles, summarise
from vecgen.run.local import run_local
from vecgen.verify.certificate import Certificate
from vecgen.verify.expectation import read_expectation
from vecgen.verify.verify import read_dataset

Dataset = tuple[Path, Receipt]

Made = tuple[Path, str, Certificate]


@pytest.fixture(scope="module")
def made(parquet: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Return the directory of the dataset's report, its page, and the certificate."""
    output = tmp_path_factory.mktemp("report") / "r"
    certificate = write_report(parquet[0], read_expectation(parquet[0], {}), output)
    return output, (output / PAGE).read_text(encoding="utf-8"), certificate


@pytest.fixture(scope="module")
def page(made: Made) -> Page:
    return Page(made[1])


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put tiny pictures in the place of charts, where these are not the matter."""
    *charts, ceiling = (
        Chart(name, name, b"<svg/>", b"<svg/>", b"", (1, 1), (1, 1))
        for name in ("days", "hours", "amounts", "map", "ceiling")
    )
    monkeypatch.setattr("vecgen.report.build.draw_charts", lambda _: charts)
    monkeypatch.setattr("vecgen.report.build.draw_ceiling", lambda *_: ceiling)


def report(directory: Path, output: Path, **stated: Any) -> Page:
    write_report(directory, read_expectation(directory, stated), output)
    return Page((output / PAGE).read_text(encoding="utf-8"))


def test_the_top_says_what_the_files_hold(page: Page, parquet: Dataset) -> None:
    rows = read_rows(parquet[0])
    fraud = rows.filter(pc.equal(rows.column("is_fraud"), 1))
    tiles = [data for tag, data in page.texts if tag == "dd"]
    total, stolen = (pc.sum(table.column("amt")).as_py() for table in (rows, fraud))
    customers = pc.count_distinct(rows.column("ssn")).as_py()
    defrauded = pc.count_distinct(fraud.column("ssn")).as_py()
    for value in (
        f"{rows.num_rows:,}",
        "60",
        f"{customers:,} with transactions",
        f"${total:,.0f}",
        f"{fraud.num_rows:,}",
        f"{share(fraud.num_rows / rows.num_rows)}, one in {rows.num_rows / fraud.num_rows:,.0f}",
        f"{defrauded:,}",
        f"${stolen:,.0f}",
    ):
        assert value in tiles


def test_every_profile_and_category_has_its_row(page: Page, parquet: Dataset) -> None:
    rows = read_rows(parquet[0])
    for name in ("leftovers", "adults_2550_female_urban", "adults_50up_male_rural"):
        own = rows.filter(pc.equal(rows.column("profile"), f"{name}.json"))
        frauds = pc.sum(own.column("is_fraud")).as_py() or 0
        customers, _, total, _, fraud, *_ = page.row(name)
        assert [customers, total, fraud] == [
            f"{pc.count_distinct(own.column('ssn')).as_py():,}",
            f"{own.num_rows:,}",
            f"{frauds:,}",
        ]
    for name in set(rows.column("category").to_pylist()):
        own = rows.filter(pc.equal(rows.column("category"), name))
        assert page.row(name)[:2] == [f"{own.num_rows:,}", f"{pc.sum(own.column('is_fraud')).as_py():,}"]


def test_the_certificate_is_complete(page: Page, made: Made) -> None:
    certificate = made[2]
    assert certificate.holds
    for check in certificate.checks:
        assert [check.name, f"{check.broken:,}", "holds", check.expected] in page.rows
    shown = [tuple(row[:3]) for row in page.rows]
    for finding in certificate.findings:
        assert finding.verdict in ("holds", "not testable")
        assert (
            finding.law,
            finding.of,
            {"not testable": "too few rows"}.get(finding.verdict, finding.verdict),
        ) in shown
    assert "No check failed" in page.text
    for digest in certificate.digests.values():
        assert digest in page.text


def test_the_command_and_the_fingerprint_stand_in_the_page(page: Page, parquet: Dataset) -> None:
    receipt = parquet[1]
    assert recall_command(receipt.parts, receipt.request, receipt.output) in page.text
    assert "--fraud-rate 0.5" in recall_command(receipt.parts, receipt.request, receipt.output)
    assert receipt.fingerprint in page.text


def test_it_needs_nothing_beside_it(made: Made, page: Page) -> None:
    text = made[1]
    assert not re.search(r"https?:|//|url\(|@import|<script|\son\w+=", text.replace("base64,", ""))
    for tag, attributes in page.tags:
        assert tag not in {"script", "link", "iframe", "object"}
        for name in ("src", "srcset"):
            assert (attributes.get(name) or "data:").startswith("data:")
        assert (attributes.get("href") or "#").startswith("#")
    anchors = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    assert {(attributes.get("href") or "#")[1:] for _, attributes in page.tags} - {""} <= anchors


def test_pictures_are_described_and_follow_the_readers_colours(page: Page) -> None:
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    assert [image["class"] for image in images] == ["wide", "narrow"] * 5
    for image in images:
        assert len(image["alt"] or "") > 60
        svg = b64decode((image["src"] or "").partition(",")[2])
        root = ElementTree.fromstring(svg)
        assert b"prefers-color-scheme:dark" in svg
        for element in root.iter():
            for name, value in element.attrib.items():
                assert not name.endswith("href") or value.startswith(("#", "data:"))


def test_the_ceiling_is_that_of_the_command(page: Page, parquet: Dataset) -> None:
    row, day = vecgen.measure_ceiling(parquet[0], quiet=True).detectors
    assert ["average precision", *map(spell_figure, (row.average_precision, day.average_precision))] in page.rows
    assert ["ROC AUC", *map(spell_figure, (row.roc_auc, day.roc_auc))] in page.rows


def test_the_pictures_stand_beside_the_page(made: Made) -> None:
    assert list_tree(made[0]) == ["amounts.png", "ceiling.png", "days.png", "hours.png", PAGE, "map.png"]
    for path in made[0].glob("*.png"):
        assert path.read_bytes().startswith(b"\x89PNG")


def test_a_report_is_replaced_by_its_equal_and_nothing_is_left_over(
    made: Made, parquet: Dataset, tmp_path: Path
) -> None:
    output = tmp_path / "r"
    shutil.copytree(made[0], output)
    (output / PAGE).write_text(made[1].replace("<h1>", "<h1>old "), encoding="utf-8")
    report(parquet[0], output)
    assert list_tree(tmp_path) == ["r", *(f"r/{name}" for name in list_tree(made[0]))]
    for path in made[0].iterdir():
        assert (output / path.name).read_bytes() == path.read_bytes()


def test_readers_overlook_a_report_in_its_dataset(
    parquet: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str], undrawn: None
) -> None:
    directory = Path(shutil.copytree(parquet[0], tmp_path / "a<b> & c"))
    assert main(["report", str(directory), "--processes", "1"]) == 0
    rows = parquet[1].parts["transactions"].rows
    assert capsys.readouterr().out == (f"{directory / REPORT / PAGE}: {rows:,} transactions, no check failed\n")
    assert digest_dataset(directory) == digest_dataset(parquet[0])
    assert (directory / REPORT).is_dir()
    page = Page((directory / REPORT / PAGE).read_text(encoding="utf-8"))
    assert "a<b> & c" in page.text  # and so it was escaped


def test_anything_else_is_refused_before_anything_is_read(
    parquet: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vecgen.report.build.read_dataset", None)
    expectation = read_expectation(parquet[0], {})
    foreign, file, alone = tmp_path / "foreign", tmp_path / "file", tmp_path / "alone"
    for directory in (foreign, alone):
        directory.mkdir()
    (foreign / PAGE).write_text("<html>mine</html>", encoding="utf-8")
    (alone / "days.png").touch()
    file.touch()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere")
    for output in (foreign, file, alone, link, parquet[0]):
        with pytest.raises(OutputError, match="holds something else than a report"):
            write_report(parquet[0], expectation, output)
    assert (foreign / PAGE).read_text(encoding="utf-8") == "<html>mine</html>"


def test_what_stands_beside_a_report_stays(parquet: Dataset, tmp_path: Path, undrawn: None) -> None:
    for name in (".r.new", ".r.old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine").touch()
    report(parquet[0], tmp_path / "r")
    report(parquet[0], tmp_path / "r")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".r.new", ".r.old", "r"]
    assert list_tree(tmp_path / ".r.new") == list_tree(tmp_path / ".r.old") == ["mine"]


def test_a_place_that_cannot_be_written_is_one_error(parquet: Dataset, tmp_path: Path, undrawn: None) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        write_report(parquet[0], read_expectation(parquet[0], {}), tmp_path / "file" / "r")


def test_without_matplotlib_one_line_says_what_to_install(
    parquet: Dataset, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["report", str(parquet[0])]) == 2
    assert capsys.readouterr().err == (
        "vecgen: vecgen report: got 'no Matplotlib', expected Matplotlib, which draws the charts; "
        "pip install matplotlib\n"
    )
    assert not (parquet[0] / REPORT).exists()


def test_the_command_line_does_without_matplotlib() -> None:
    code = "import sys; sys.modules['matplotlib'] = None; import vecgen.cli.main"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_csv_without_receipt(text: Dataset, profiles: Path, tmp_path: Path, undrawn: None) -> None:
    directory = tmp_path / "theirs"
    directory.mkdir()
    for file in data_files(text[0] / "transactions"):
        shutil.copy(file, directory)
    stated = {"start": date(2023, 12, 20), "end": date(2024, 1, 20), "fraud_rate": 0.5, "profiles": profiles}
    page = report(directory, tmp_path / "r", **stated)
    assert "This dataset has no receipt" in page.text
    assert "vecgen generate" not in page.text
    assert f"{text[1].parts['transactions'].rows:,}" in page.text


def test_rows_with_faults_are_left_out_and_said_to_be(parquet: Dataset, tmp_path: Path, undrawn: None) -> None:
    directory = Path(shutil.copytree(parquet[0], tmp_path / "o"))
    file = data_files(directory / "transactions")[0]
    table = pq.ParquetFile(file).read()
    place = table.schema.get_field_index("amt")
    amounts = table.column("amt").to_pylist()
    amounts[0] = 0.5
    pq.write_table(table.set_column(place, table.schema.field(place), pa.array(amounts)), file)
    page = report(directory, tmp_path / "r")
    assert "1 row with a fault are left out" not in page.text
    assert "1 row with a fault is left out" in page.text
    assert "It does not follow its model" in page.text
    assert page.row("amt") == ["1", "broken", "whole cents, 1 dollar or more"]


def test_a_dataset_without_fraud(compile_small: Compile, tmp_path: Path) -> None:
    from tests.conftest import WINTER
    from vecgen.model.params import ModelParameters

    run_local(compile_small(customers=10, law=ModelParameters(WINTER, fraud_rate=0.0)), Output(tmp_path / "o"), 1)
    page = report(tmp_path / "o", tmp_path / "r")
    assert "there is nothing to detect" in page.text
    (alt,) = {
        attributes["alt"] for tag, attributes in page.tags if "No fraud transactions." in (attributes.get("alt") or "")
    }
    assert alt


def test_no_rule_of_the_table_is_above_the_one_that_is_judged(page: Page) -> None:
    place = next(place for place, row in enumerate(page.rows) if row[:2] == ["conditions", "F1"])
    listed = [float(row[1].split()[0]) for row in page.rows[place + 1 : place + 8]]
    judged = re.search(r"whose F1 is not above ([\d.]+)", page.text)
    assert judged
    assert float(judged[1]) == max(listed)


def test_an_hour_has_two_digits_everywhere(made: Made) -> None:
    assert "22:00 to 04:00" in made[1]
    assert re.findall(r"(?<![\d:])\d:00", made[1]) == []


def test_a_fraud_rate_that_was_not_tested_is_no_claim(
    compile_small: Compile, parquet: Dataset, tmp_path: Path, page: Page, undrawn: None
) -> None:
    assert "fraud rate 0.5; fraud days" in page.text
    run_local(compile_small(customers=3), Output(tmp_path / "o"), 1)
    few = report(tmp_path / "o", tmp_path / "r")
    assert "as its receipt says; too few customers to test it" in few.text
    stated = {"start": date(2023, 12, 20), "end": date(2024, 1, 20), "fraud_rate": 0.5}
    (tmp_path / "o" / "_vecgen.json").unlink()
    assert "assumed; too few customers to test it" in report(tmp_path / "o", tmp_path / "r", **stated).text


def test_paper_and_phones_have_their_rules() -> None:
    css = (files("vecgen.report") / "page.css").read_text(encoding="utf-8")
    paper = css.partition("@media print {")[2]
    for rule in (
        "thead { display: table-header-group;",
        "tbody tr:nth-last-child(-n + 3) { break-before: avoid; }",
        "tbody tr:nth-child(-n + 2) { break-after: avoid; }",
        "h2, h3, .lead, .meaning, .rule { break-after: avoid; }",
        "color-scheme: light;",
    ):
        assert rule in paper, rule
    assert not re.search(r"^\s*[^{]*\.scroll[^{]*\{[^}]*break-inside", paper, re.MULTILINE)  # long tables may break
    assert css.count("var(--shade)") == 2  # at both edges behind which a table goes on
    assert "--shade" in css.partition("prefers-color-scheme: dark")[2].partition("}")[0]
    assert "darker" not in css


def test_no_colour_is_called_darker(page: Page) -> None:
    alts = " ".join(attributes.get("alt") or "" for _, attributes in page.tags)
    assert "dark" not in (page.text + alts).lower()
    assert "stronger the colour" in page.text


def test_customers_alone_are_refused(parquet: Dataset, tmp_path: Path) -> None:
    shutil.copytree(parquet[0] / "customers", tmp_path / "o")
    expectation = read_expectation(tmp_path / "o", {"start": date(2023, 12, 20), "end": date(2024, 1, 20)})
    with pytest.raises(InputError, match="no transactions"):
        write_report(tmp_path / "o", expectation)


def test_descriptions_give_the_numbers(parquet: Dataset, page: Page) -> None:
    expectation = read_expectation(parquet[0], {})
    reading = read_dataset(parquet[0], expectation)
    summary: Summary = summarise(reading, expectation.profiles)
    alts = " ".join(attributes.get("alt") or "" for _, attributes in page.tags)
    assert f"to {summary.days[0].max():,} (" in alts
    assert f"median ${quantiles(summary.amounts[0].sum(axis=0), [0.5])[0]:,.2f}" in alts
    assert f"live in {(summary.homes > 0).sum():,} cells" in alts
    assert 0.0 <= share_outside(summary) < 0.2
