"""Parsers of the Python API: a process alone by default is the API's, all else is the command line's."""

from __future__ import annotations

import pytest

from vecgen.api.compare import COMPARED
from vecgen.api.derive import EXPORTED, SPLIT
from vecgen.api.fit import FITTED
from vecgen.cli.commands.keyword_parsers import ASKED, STATED, WRITTEN
from vecgen.cli.keywords import list_keywords, read_keywords
from vecgen.cli.parser import Parser


@pytest.mark.parametrize("parser", [ASKED, WRITTEN, STATED, FITTED, SPLIT, EXPORTED, COMPARED])
def test_defaults_are_read_like_values(parser: Parser) -> None:
    keywords = list_keywords(parser)
    assert vars(read_keywords(parser, {})) == {action.dest: action.default for action in keywords.values()}
    assert ("storage_option" in keywords) == (parser is not ASKED)
    assert ("output" in keywords) == (parser not in (ASKED, STATED))
