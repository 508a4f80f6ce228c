"""Commands: what a receipt recalls asks for the same dataset again."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from vecgen.cli.options import add_customer_options, add_model_options, add_output_options, add_slice_options
from vecgen.cli.parser import make_parser
from vecgen.cli.read_options import to_output, to_request
from vecgen.cli.steps import spell_step
from vecgen.errors import Step
from vecgen.plan.command import recall_command
from vecgen.plan.output import describe_output, target_own
from vecgen.plan.request import describe_request
from vecgen.records.receipt import Part, Receipt
from vecgen.stores.refusals import AGAIN, OVERWRITE, RESUME


def recall(receipt: Receipt) -> str:
    return recall_command(receipt.parts, receipt.request, receipt.output)


def parse(words: list[str]) -> Receipt:
    """Return the receipt of a run with these options."""
    parser = make_parser("vecgen", "")
    add_customer_options(parser, with_file=True)
    add_model_options(parser)
    add_output_options(parser)
    add_slice_options(parser)
    options = parser.parse_args(words)
    output = describe_output(target_own(to_output(options)))
    parts = {"transactions": Part(1, 1, 1, None), "customers": Part(1, 1, 1, None)}
    return Receipt("0", "0", describe_request(to_request(options)), output, parts, 1.0, 1, 1)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "--customers 5 --seed 7 --travel --dependence v1.0",
        "--start 2024-02-01 --end 2024-03-31 --fraud-rate 0.2 --fraud-days 3 --fraud-stealth 0.5 --as-of 2020-01-01",
        "--fraud-types card_testing=3,bust_out=0.25,sparkov",
        "--customers-file 'my people.csv' --profiles \"it's/mine\" --demographics elsewhere",
        "--output '/data/two words' --format csv --partition-by '' --max-file-size 1MB --max-records-per-file 10",
        "--partition-by month,year --compression zstd --batch-rows 1000 --batches 1,17-20",
        "--single-file --only-dates 2023-02-01..2023-02-28",
    ],
)
def test_the_command_asks_for_the_same(words: str) -> None:
    asked = parse(shlex.split(words))
    command = recall(asked)
    program, name, *options = shlex.split(command.replace("\\\n", ""))
    assert (program, name) == ("vecgen", "generate")
    again = parse(options)
    assert (again.request, again.output) == (asked.request, asked.output)


def test_types_of_a_directory_are_named_by_it(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text("{}", encoding="utf-8")
    asked = parse(["--fraud-types", f"{tmp_path}=0.5,sparkov"])
    assert f"--fraud-types {tmp_path}/a=0.5,{tmp_path}/b=0.5,sparkov=1" in recall(asked)
    assert parse(shlex.split(recall(asked).replace("\\\n", ""))[2:]).request == asked.request


def test_only_what_differs_from_the_defaults_is_named() -> None:
    assert recall(parse([])) == "vecgen generate"
    assert recall(parse(["--customers", "1000", "--seed", "7"])) == "vecgen generate \\\n    --seed 7"


def test_names_that_a_run_chooses_are_no_options() -> None:
    receipt = parse(["--append"])
    receipt.output.update(load="0a1b2c3d-", kept=["customers"])
    assert recall(receipt) == "vecgen generate \\\n    --append"


@pytest.mark.parametrize("part", ["customers", "transactions"])
def test_a_part_alone_has_its_own_command(part: str) -> None:
    receipt = parse([])
    for name in set(receipt.parts) - {part}:
        del receipt.parts[name]
    assert recall(receipt) == f"vecgen {part}"


@pytest.mark.parametrize(
    ("typed", "step", "spelled"),
    [
        ("generate --output 'two words' --seed 7", RESUME, "generate --output 'two words' --seed 7 --resume"),
        ("generate --resume", RESUME, "generate --resume"),
        ("generate --table delta --overwrite", RESUME, "generate --table delta --resume"),
        ("generate --resume --quiet", OVERWRITE, "generate --quiet --overwrite"),
        ("generate --overwrite", AGAIN, "generate --overwrite"),
        ("generate --overwrite", Step("wait", {"resume": True}), "generate --overwrite"),
        ("generate --output=o --seed 7", Step("x", {"output": "o-2"}), "generate --seed 7 --output o-2"),
        ("generate --travel --seed 7", Step("x", {"travel": False, "seed": 8}), "generate --seed 8"),
        ("generate --only-dates 1..2 -q", Step("x", {"only_dates": None}), "generate -q"),
        ("generate --only-dates 1..2", Step("x", {"only_dates": ["3", "4"]}), "generate --only-dates 3..4"),
        ("generate --partition-by year", Step("x", {"partition_by": []}), "generate --partition-by ''"),
        ("generate --fraud-rate 1", Step("x", {"fraud_rate": 0.0}), "generate --fraud-rate 0.0"),
        ("generate --storage-option region=r", RESUME, "generate --storage-option region=r --resume"),
    ],
)
def test_the_next_command(typed: str, step: Step, spelled: str) -> None:
    told = spell_step("vecgen", shlex.split(typed), step)
    assert told == f"{step.verb} with vecgen {spelled}"


@pytest.mark.parametrize("option", ["secret_key=hush", "access-key=hush", "hush", "secret_kye=hush"])
def test_the_next_command_repeats_no_secrets(option: str) -> None:
    for words in (["--storage-option", option], [f"--storage-option={option}"]):
        told = spell_step("vecgen", [*words, "--storage-option", "region=r"], RESUME)
        note = "(credentials, left out here, are needed again)"
        assert told == f"resume {note} with vecgen --storage-option region=r --resume"
