"""Two datasets compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vecgen.cli.argument_types import parse_place
from vecgen.cli.commands.compare import add_comparison_options, run_compare
from vecgen.cli.commands.keyword_parsers import make_keyword_parser
from vecgen.cli.keywords import ComparisonKeywords, Directory, read_keywords, read_value, takes
from vecgen.cli.options import add_processes_option, add_quiet_option, add_storage_option

if TYPE_CHECKING:
    from typing_extensions import Unpack  # in `typing` from Python 3.11 on

    from vecgen.report.comparison.findings import Comparison

COMPARED: Final = make_keyword_parser(
    add_storage_option, add_comparison_options, add_processes_option, add_quiet_option
)


@takes(COMPARED, ComparisonKeywords, processes=1)
def compare_datasets(one: Directory, other: Directory, **told: Unpack[ComparisonKeywords]) -> Comparison:
    """Test whether two datasets are alike, as `vecgen compare` does; `alike` of the comparison is the verdict.

    Raises:
        InputError: A dataset, a value or a file cannot be read.
        OutputError: The page cannot be written, or something else is there.
    """
    options = read_keywords(COMPARED, told)
    options.one, options.other = read_value("one", parse_place, one), read_value("other", parse_place, other)
    return run_compare(options)
