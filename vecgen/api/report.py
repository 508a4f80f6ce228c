"""Reports on datasets, and how well their fraud can be detected at best."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vecgen.cli.argument_types import parse_path
from vecgen.cli.commands.keyword_parsers import ASKED, STATED, read_dataset_keywords
from vecgen.cli.keywords import (
    Directory,
    ExpectationKeywords,
    RequestKeywords,
    read_keywords,
    read_value,
    takes,
)
from vecgen.cli.progress_bar import show
from vecgen.cli.read_options import to_dataset, to_request
from vecgen.report import build as report
from vecgen.report import ceiling
from vecgen.report.ceiling import Ceiling
from vecgen.report.expected_ceiling import expect_ceiling
from vecgen.verify.expectation import read_expectation
from vecgen.verify.verify import score_dataset

if TYPE_CHECKING:
    from typing_extensions import Unpack  # in `typing` from Python 3.11 on


@takes(STATED, ExpectationKeywords, processes=1)
def write_report(directory: Directory, output: Directory | None = None, **stated: Unpack[ExpectationKeywords]) -> Path:
    """Write a page about a dataset, as `vecgen report` does; return the page.

    Args:
        output: Directory of the page and its pictures, new or an earlier report; by default `_report` in the dataset.

    Raises:
        InputError: The dataset, a value or a file cannot be read, or Matplotlib is not installed.
        OutputError: The output holds something else or cannot be written.
    """
    options = read_dataset_keywords(STATED, directory, stated)
    place = to_dataset(options)
    target = report.default_output(place) if output is None else read_value("output", parse_path, output)
    with show(options.quiet) as progress:
        report.write_report(place, read_expectation(place, vars(options)), target, options.processes, progress)
    return target / report.PAGE


@takes(STATED, ExpectationKeywords, processes=1)
def measure_ceiling(directory: Directory, **stated: Unpack[ExpectationKeywords]) -> Ceiling:
    """Return how well fraud can be detected at best in a dataset, as `vecgen ceiling` does.

    Raises:
        InputError: The dataset, a value or a file cannot be read, or there is no fraud.
    """
    options = read_dataset_keywords(STATED, directory, stated)
    place = to_dataset(options)
    with show(options.quiet) as progress:
        expectation = read_expectation(place, vars(options))
        return ceiling.measure_ceiling(score_dataset(place, expectation, options.processes, progress).rows)


@takes(ASKED, RequestKeywords)
def estimate_ceiling(**asked: Unpack[RequestKeywords]) -> Ceiling:
    """Return how well fraud could be detected at best in what `write_dataset` would write; write nothing.

    Raises:
        InputError: A value or file that cannot be used, or a fraud rate of 0.
    """
    return expect_ceiling(to_request(read_keywords(ASKED, asked)))
