"""Options: every one of them, as text and as what it becomes."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from tests.support.options import parse
from tests.support.strategies import check_message, odd_texts, try_all
from vecgen.cli.read_options import to_output, to_request
from vecgen.errors import VecgenError


def test_processes() -> None:
    assert parse("--processes", "3").processes == 3


def test_help_lists_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse("--help")
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    options = (
        "customers customers-file as-of demographics start end seed profiles fraud-rate fraud-days dependence travel"
    )
    options += " fraud-types"
    options += " safe-identifiers output format partition-by compression encoding max-file-size processes version"
    assert [name for name in options.split() if f"--{name}" not in shown] == []


ODD_OPTIONS = st.sampled_from(
    [
        *("customers", "customers-file", "as-of", "start", "end", "seed", "profiles", "demographics", "fraud-rate"),
        *(
            "fraud-days",
            "fraud-types",
            "dependence",
            "travel",
            "output",
            "format",
            "partition-by",
            "compression",
            "encoding",
            "max-file-size",
        ),
        *("max-records-per-file", "resume", "overwrite", "single-file", "only-dates", "batch-rows", "batches", "none"),
    ]
)
odd_arguments = st.lists(
    st.tuples(ODD_OPTIONS, odd_texts | st.tuples(odd_texts, odd_texts).map("..".join)).map(
        lambda pair: f"--{pair[0]}={pair[1]}"
    )
    | odd_texts,
    max_size=4,
)


@pytest.mark.parametrize("examples", [300, pytest.param(30_000, marks=pytest.mark.heavy)])
def test_any_arguments_are_read_or_refused(examples: int) -> None:
    def check(arguments: list[str]) -> None:
        try:
            options = parse(*(argument for argument in arguments if argument not in ("-h", "--help", "--version")))
            to_request(options), to_output(options)
        except VecgenError as error:
            check_message(error)

    try_all(examples, odd_arguments, check)
