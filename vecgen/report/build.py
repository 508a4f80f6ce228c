"""A report beside a dataset: read once, drawn, and put in place of an earlier one when complete."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from vecgen.config.new_file import new_directory
from vecgen.errors import InputError, OutputError, setting, spell_options
from vecgen.process.progress import Report as Progress
from vecgen.process.progress import ignore
from vecgen.report.baselines import choose_best, find_detectors, night_rule, score_rule
from vecgen.report.ceiling import measure_ceiling
from vecgen.report.ceiling_chart import draw_ceiling
from vecgen.report.charts import draw_charts
from vecgen.report.figures import require_matplotlib
from vecgen.report.label_chart import draw_labels
from vecgen.report.page import MARK, Report, write_page
from vecgen.report.summary import summarise
from vecgen.stores.filesystem import Place
from vecgen.verify.certificate import Certificate, spell_certificate
from vecgen.verify.certify import certify
from vecgen.verify.customer_checks import IDENTIFIERS
from vecgen.verify.expectation import Expectation
from vecgen.verify.verify import read_dataset

REPORT: Final = "_report"
"""Directory of a report below its dataset; readers of data skip the name."""
PAGE: Final = "index.html"
_NEEDED: Final = frozenset(
    [
        "customer_id",
        "profile",
        "is_fraud",
        "category",
        "trans_date",
        "trans_time",
        "amt",
        "lat",
        "long",
        "merch_lat",
        "merch_long",
    ]
)
"""Columns of what a report draws; `customer_id` stands for what tells customers apart."""
_PICTURES: Final = ("days.png", "hours.png", "amounts.png", "map.png", "ceiling.png", "labels.png")


def write_report(
    directory: Place,
    expectation: Expectation,
    output: Path | None = None,
    processes: int = 1,
    progress: Progress = ignore,
) -> Certificate:
    """Read a dataset once and write its page and pictures; return its certificate.

    Memory is that of `verify`; it does not grow with the dataset.

    Args:
        output: Directory of the report, new, empty, or an earlier report; by default `_report` below the dataset, if
            that is on this machine.
        progress: Called with how much is read.

    Raises:
        InputError: Matplotlib is not installed, or the dataset cannot be read or has no transactions.
        OutputError: The output holds something else or cannot be written.
    """
    require_matplotlib()
    output = output or default_output(directory)
    _check_replaceable(output)
    reading = read_dataset(directory, expectation, processes, progress, score_all=True)
    if reading.fault:
        raise reading.fault
    if missing := sorted(_NEEDED - reading.scope.known):
        expected = f"a dataset with them (customer_id: or {', '.join(IDENTIFIERS)}), which a report draws"
        raise InputError(str(directory), "columns", f"no {', '.join(missing)}", expected)
    if reading.totals.rows == 0:
        raise InputError(str(directory), "", "no transactions", "a dataset with transactions to report on")
    certificate = spell_certificate(certify(reading, expectation), spell_options)  # of `vecgen verify`, says the page
    summary = summarise(reading, expectation.profiles)
    charts = draw_charts(summary)
    night = night_rule(len(summary.categories))
    detectors = find_detectors(summary.hour_amounts)
    ceiling = None
    if best := choose_best(detectors):
        ceiling = measure_ceiling(reading.totals.scores.rows)
        charts = [*charts, draw_ceiling(reading.totals.scores.rows, ceiling, best.score)]
        if reading.reports:
            counts, names = reading.reports[0], [own.type.name for own in reading.model.law.types]
            charts.append(draw_labels(summary.period, dict(zip(names, counts.days, strict=True)), counts.known))
    report = Report(
        name=directory.absolute().name,
        summary=summary,
        model=reading.model,
        certificate=certificate,
        charts=charts,
        detectors=detectors,
        ceiling=ceiling,
        night=(night, score_rule(summary.hour_amounts, night)),
        expectation=expectation,
    )
    pictures = {f"{chart.name}.png": chart.png for chart in charts}
    _publish(output, {**pictures, PAGE: write_page(report).encode("utf-8")})
    return certificate


def default_output(directory: Place) -> Path:
    """Return the default directory of the report on a dataset.

    Raises:
        InputError: The dataset is not on this machine, or a single file.
    """
    if not isinstance(directory, Path) or directory.is_file():
        raise InputError(setting("output"), "", "nothing", f"a directory of this machine for the report on {directory}")
    return directory / REPORT


def _check_replaceable(path: Path) -> None:
    try:
        if not path.exists() and not path.is_symlink():
            return
        names = {entry.name for entry in path.iterdir()} if path.is_dir() else {""}
        names |= {""} if path.is_symlink() else set()  # the link would become a directory
        ours = names <= {PAGE, *_PICTURES} and MARK in (path / PAGE).read_text("utf-8") if names else True
    except (OSError, UnicodeDecodeError):
        ours = False
    if not ours:
        raise OutputError(
            f"{setting('output')}: {path} holds something else than a report; choose another or remove it"
        )


def _publish(path: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a directory beside `path`, then let it take the place of what is there."""
    try:
        with new_directory(path) as complete:
            for name, content in files.items():
                (complete / name).write_bytes(content)
    except OSError as error:
        raise OutputError(
            f"{setting('output')}: {path} cannot be written ({error.strerror}); choose another"
        ) from error
