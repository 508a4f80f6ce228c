"""Files made from a dataset: parts for training and tests, and other layouts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from vecgen.cli.commands.export import add_export_options, run_export
from vecgen.cli.commands.keyword_parsers import make_keyword_parser, read_dataset_keywords
from vecgen.cli.commands.split import add_split_options, run_split
from vecgen.cli.keywords import Directory, ExportKeywords, SplitKeywords, takes
from vecgen.cli.options import add_quiet_option, add_storage_option
from vecgen.run.split import Split

if TYPE_CHECKING:
    from typing_extensions import Unpack  # in `typing` from Python 3.11 on

SPLIT: Final = make_keyword_parser(add_storage_option, add_split_options, add_quiet_option)
EXPORTED: Final = make_keyword_parser(add_storage_option, add_export_options, add_quiet_option)


@takes(SPLIT, SplitKeywords)
def split_dataset(directory: Directory, **told: Unpack[SplitKeywords]) -> Split:
    """Write two parts of a dataset's transactions, for training and for tests, as `vecgen split` does; return counts.

    Raises:
        InputError: The dataset, a value or a file cannot be read, or a part would be empty.
        OutputError: The output holds something or cannot be written.
    """
    return run_split(read_dataset_keywords(SPLIT, directory, told))


@takes(EXPORTED, ExportKeywords)
def export_dataset(directory: Directory, **told: Unpack[ExportKeywords]) -> Path:
    """Write transactions as the files of another layout, as `vecgen export` does; return their directory.

    Raises:
        InputError: The dataset or a value cannot be used.
        OutputError: The output holds something or cannot be written.
    """
    options = read_dataset_keywords(EXPORTED, directory, told)
    run_export(options)
    output: Path = options.output
    return output
