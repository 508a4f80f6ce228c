"""Profiles and demographics that are fitted to a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from vecgen.cli.commands.fit import add_fit_options, run_fit
from vecgen.cli.commands.keyword_parsers import make_keyword_parser, read_dataset_keywords
from vecgen.cli.keywords import Directory, FitKeywords, takes
from vecgen.cli.options import add_processes_option, add_quiet_option, add_storage_option

if TYPE_CHECKING:
    from typing_extensions import Unpack  # in `typing` from Python 3.11 on

FITTED: Final = make_keyword_parser(add_storage_option, add_fit_options, add_processes_option, add_quiet_option)


@takes(FITTED, FitKeywords, processes=1)
def fit_dataset(directory: Directory, **told: Unpack[FitKeywords]) -> Path:
    """Write profiles and demographics from which data like a dataset is generated; return the directory.

    The same as `vecgen fit` writes: `profiles` and `demographics` for `write_dataset`, and `fit.json` with the standard
    errors and the other options.

    Raises:
        InputError: The dataset, a value or a file cannot be read.
        OutputError: The output holds something or cannot be written.
    """
    options = read_dataset_keywords(FITTED, directory, told)
    run_fit(options)
    output: Path = options.output
    return output
