"""Commands: what a receipt recalls asks for the same dataset again."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict

import pytest

from vecgen.command import recall_command
from vecgen.options import (
    add_customer_options,
    add_law_options,
    add_output_options,
    add_slice_options,
    make_parser,
    to_output,
    to_request,
)
from vecgen.plan import describe_request
from vecgen.receipt import Part, Receipt


def parse(words: list[str]) -> Receipt:
    """Return the receipt of a run with these options."""
    parser = make_parser("vecgen", "")
    add_customer_options(parser, with_file=True)
    add_law_options(parser)
    add_output_options(parser)
    add_slice_options(parser)
    options = parser.parse_args(words)
    output = json.loads(json.dumps(asdict(to_output(options)), default=str))
    parts = {"transactions": Part(1, 1, 1, None), "customers": Part(1, 1, 1, None)}
    return Receipt("0", "0", describe_request(to_request(options)), output, parts, 1.0, 1, 1)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "--customers 5 --seed 7 --travel --dependence v1.0",
        "--start 2024-02-01 --end 2024-03-31 --fraud-rate 0.2 --fraud-days 3 --as-of 2020-01-01",
        "--customers-file 'my people.csv' --profiles \"it's/mine\" --demographics elsewhere",
        "--output '/data/two words' --format csv --partition-by '' --max-file-size 1MB --max-records-per-file 10",
        "--partition-by month,year --compression zstd --batch-rows 1000 --batches 1,17-20",
        "--single-file --only-dates 2023-02-01..2023-02-28",
    ],
)
def test_the_command_asks_for_the_same(words: str) -> None:
    asked = parse(shlex.split(words))
    command = recall_command(asked)
    program, name, *options = shlex.split(command.replace("\\\n", ""))
    assert (program, name) == ("vecgen", "generate")
    again = parse(options)
    assert (again.request, again.output) == (asked.request, asked.output)


def test_only_what_differs_from_the_defaults_is_named() -> None:
    assert recall_command(parse([])) == "vecgen generate"
    assert recall_command(parse(["--customers", "1000", "--seed", "7"])) == "vecgen generate \\\n    --seed 7"


@pytest.mark.parametrize("part", ["customers", "transactions"])
def test_a_part_alone_has_its_own_command(part: str) -> None:
    receipt = parse([])
    for name in set(receipt.parts) - {part}:
        del receipt.parts[name]
    assert recall_command(receipt) == f"vecgen {part}"
