"""The README tells the truth about columns and options."""

from __future__ import annotations

import re
from pathlib import Path

from vecgen.options import add_customer_options, add_law_options, add_output_options, add_slice_options, make_parser
from vecgen.schema import COLUMNS

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_the_table_of_columns_is_the_schema() -> None:
    for column in COLUMNS:
        assert f"| `{column.name}` | {column.type} | {column.meaning} | {column.unit} |" in README


def test_every_option_stands_in_the_readme() -> None:
    parser = make_parser("test", "")
    add_customer_options(parser, with_file=True)
    add_law_options(parser)
    add_output_options(parser)
    add_slice_options(parser)
    options = {option for action in parser._actions for option in action.option_strings if option.startswith("--")}
    missing = {option for option in options - {"--help", "--version"} if not re.search(rf"`{option}\b", README)}
    assert missing == set()
