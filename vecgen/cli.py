"""The command line. Commands translate options into calls; what goes wrong becomes one line and exit status 2."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path

from vecgen.dataset import digest_dataset
from vecgen.errors import InputError, VecgenError, to_line
from vecgen.load import DEFAULT_PROFILES, check_merchants, load_demographics, load_profiles
from vecgen.local import run_local
from vecgen.merchants import make_merchants, write_merchants
from vecgen.options import (
    Parser,
    add_claim_options,
    add_customer_options,
    add_demographics_option,
    add_law_options,
    add_output_options,
    add_plan_option,
    add_processes_option,
    add_slice_options,
    make_parser,
    parse_path,
    parse_whole,
    to_existing,
    to_output,
    to_request,
)
from vecgen.plan import compile_plan
from vecgen.receipt import summarise
from vecgen.schedule import describe_estimate, estimate
from vecgen.verify import read_claim, to_json, to_text, verify_dataset


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0; 1 for a rejected dataset, 2 after a user's error."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a path need not be text
    try:
        options = _make_parser().parse_args(arguments)
        accepted = options.run(options)
    except VecgenError as error:
        print(f"vecgen: {to_line(error)}", file=sys.stderr)
        return 2
    return 1 if accepted is False else 0


def _make_parser() -> Parser:
    parser = make_parser("vecgen", "Labelled synthetic card transactions: the patterns of Sparkov, vectorised.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def add(name: str, run: object, summary: str) -> Parser:
        command = commands.add_parser(name, help=summary, description=summary, allow_abbrev=False)
        command.set_defaults(run=run)
        return command

    for name, run, summary in (
        ("generate", _generate, "write customers and their transactions"),
        ("customers", _customers, "write customers only"),
        ("transactions", _transactions, "write transactions only"),
    ):
        command = add(name, run, summary)
        add_customer_options(command, with_file=name != "customers")
        add_law_options(command)
        add_output_options(command)
        if name != "customers":
            add_slice_options(command)
        add_processes_option(command)
        add_plan_option(command)

    merchants = add("merchants", _merchants, "write a merchants file for --demographics")
    merchants.add_argument("--seed", type=parse_whole, default=42, help="(42)")
    merchants.add_argument("--per-category", type=parse_whole, default=500, metavar="N", help="names of each (500)")
    merchants.add_argument(
        "--output", type=parse_path, default=Path("merchants.csv"), metavar="FILE", help="new file (merchants.csv)"
    )

    profiles = add("profiles", None, "inspect behaviour profiles")
    actions = profiles.add_subparsers(title="actions", required=True, metavar="ACTION")
    check = actions.add_parser(
        "check", help="read a directory of profiles and say whether they can be used", allow_abbrev=False
    )
    check.add_argument("directory", type=parse_path, nargs="?", default=DEFAULT_PROFILES, metavar="DIR")
    add_demographics_option(check)
    check.set_defaults(run=_check_profiles)

    verify = add("verify", _verify, "hold a dataset against its law; exit status 1 if it does not follow it")
    verify.add_argument("directory", type=parse_path, metavar="DIR")
    add_claim_options(verify)
    verify.add_argument("--json", action="store_true", help="print the certificate as JSON")
    add_processes_option(verify)

    digest = add("digest", _digest, "print an order-independent digest of a dataset's content")
    digest.add_argument("directory", type=parse_path, metavar="DIR")
    return parser


def _generate(options: Namespace) -> None:
    _write(options, customers=True, transactions=True)


def _customers(options: Namespace) -> None:
    _write(options, customers=True, transactions=False)


def _transactions(options: Namespace) -> None:
    _write(options, customers=False, transactions=True)


def _write(options: Namespace, *, customers: bool, transactions: bool) -> None:
    plan, output = compile_plan(to_request(options)), to_output(options)
    if options.plan:
        print(describe_estimate(estimate(plan, output, options.processes)))
    else:
        existing = to_existing(options)
        receipt = run_local(
            plan, output, options.processes, customers=customers, transactions=transactions, existing=existing
        )
        print(summarise(receipt))


def _merchants(options: Namespace) -> None:
    if options.output.exists():
        raise InputError("--output", "", str(options.output), "a file that does not exist yet")
    write_merchants(make_merchants(options.seed, options.per_category), options.output)
    print(f"{options.output}: {options.per_category} names for each category")


def _check_profiles(options: Namespace) -> None:
    profiles = load_profiles(options.directory)
    check_merchants(profiles, load_demographics(options.demographics).merchants)
    print(f"{options.directory}: {len(profiles.names)} profiles and their fraud twins, no fault found")


def _verify(options: Namespace) -> bool:
    certificate = verify_dataset(options.directory, read_claim(options.directory, vars(options)), options.processes)
    print(to_json(certificate) if options.json else to_text(certificate))
    return certificate.holds


def _digest(options: Namespace) -> None:
    for name, digest in digest_dataset(options.directory).items():
        print(f"{name} {digest.rows} rows {digest}")
