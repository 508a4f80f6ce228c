"""Parsers of the Python API: a process alone by default is the API's, all else is the command line's."""

from __future__ import annotations

import pytest

from vecgen.cli.commands import keyword_parsers
from vecgen.cli.keywords import list_keywords, read_keywords
from vecgen.cli.parser import Parser


@pytest.mark.parametrize("name", ["ASKED", "WRITTEN", "STATED", "FITTED", "SPLIT", "EXPORTED", "COMPARED"])
def test_defaults_are_read_like_values(name: str) -> None:
    parser: Parser = getattr(keyword_parsers, name)
    keywords = list_keywords(parser)
    assert vars(read_keywords(parser, {})) == {action.dest: action.default for action in keywords.values()}
    assert ("storage_option" in keywords) == (name != "ASKED")
    assert ("output" in keywords) == (name not in ("ASKED", "STATED"))
