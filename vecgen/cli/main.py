"""The command line: commands translate options into calls; an error is one line and exit status 2.

What only the commands that read a dataset need is imported by these: `generate` starts in less time without it.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vecgen.cli.argument_types import parse_path, parse_whole
from vecgen.cli.commands.compare import add_compare_command, print_comparison
from vecgen.cli.commands.export import add_export_options, describe_export, run_export
from vecgen.cli.commands.profiles import add_profile_actions
from vecgen.cli.commands.sparkov import EXAMPLES as SPARKOV_EXAMPLES
from vecgen.cli.commands.sparkov import add_sparkov_options, run_sparkov
from vecgen.cli.console import run_command, say
from vecgen.cli.messages import describe_stop, note_lists
from vecgen.cli.options import (
    add_customer_options,
    add_dataset_argument,
    add_expectation_options,
    add_fit_options,
    add_model_options,
    add_output_options,
    add_plan_option,
    add_processes_option,
    add_quiet_option,
    add_slice_options,
    add_split_options,
    add_table_options,
    count_processors,
)
from vecgen.cli.parser import Parser, make_parser
from vecgen.cli.progress_bar import show
from vecgen.cli.read_options import to_cut, to_dataset, to_existing, to_output, to_request
from vecgen.cli.steps import spell_step
from vecgen.cli.summary import (
    describe_fit,
    describe_plan,
    describe_split,
    hint_at_frauds,
    hint_at_receipt,
    summarise,
)
from vecgen.config.merchants import make_merchants, write_merchants
from vecgen.errors import InputError, setting, spell_options
from vecgen.plan.plan import compile_plan
from vecgen.plan.request import Request, check_seed
from vecgen.plan.schedule import choose_processes, estimate
from vecgen.process.memory import leave_pandas_out
from vecgen.run.local import run_local

if TYPE_CHECKING:
    from vecgen.report.ceiling import Ceiling


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; see `console`."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if arguments is None:  # a process of its own, not a caller's
        leave_pandas_out()
    spell = partial(spell_step, "vecgen", words)

    def run() -> int | None:
        options = _make_parser(planned="--plan" in words).parse_args(words)
        options.spell = spell
        status: int | None = options.run(options)
        return status

    return run_command(run, spell)


_EXAMPLES: Final = {
    "generate": (
        "--customers 5000 --seed 7 --output cards",
        "--start 2024-01-01 --fraud-rate 0.98 --format csv --output sparkov",
    ),
    "customers": ("--customers 1000000 --output people", "--customers 300 --safe-identifiers --format csv"),
    "transactions": (
        "--customers-file people/customers --output rows",
        "--customers 1000000 --batch-rows 4000000 --batches 0-9 --output slice",
    ),
    "merchants": ("--per-category 50 --output merchants.csv", "--seed 7 --output more_merchants.csv"),
    "verify": ("cards", "sparkov_csv --start 2023-01-01 --end 2023-12-31 --fraud-rate 0.98"),
    "report": ("cards", "s3://bucket/cards --output report"),
    "ceiling": ("cards", "--plan --customers 100000 --fraud-days 3"),
    "fit": ("cards --output mine", "bank.csv --map customer=card,time=stamp,category=mcc,amount=value --output mine"),
    "split": (
        "cards --train-until 2023-09-30 --test-from 2023-10-15 --output parts",
        "cards --train-until 2023-09-30 --test-from 2023-10-01 --disjoint-customers 0.3",
    ),
    "export": ("cards --output public", "cards --split-date 2023-10-01 --format parquet"),
    "compare": ("theirs mine", "theirs mine --output compared.html"),
    "digest": ("cards", "cards/transactions"),
    "sparkov": SPARKOV_EXAMPLES,
}


def _make_parser(*, planned: bool = False) -> Parser:
    """Return the parser; `planned`: of the ceiling of a dataset that is not there, which takes other options."""
    parser = make_parser(
        "vecgen",
        "Labelled synthetic card transactions: the patterns of Sparkov, vectorised.",
        ("generate --customers 1000 --output cards", "verify cards"),
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def add(name: str, run: object, summary: str) -> Parser:
        command: Parser = commands.add_parser(name, help=summary, description=summary, examples=_EXAMPLES[name])
        command.set_defaults(run=run)
        return command

    for name, run, summary in (
        ("generate", _generate, "write customers and their transactions"),
        ("customers", _customers, "write customers only"),
        ("transactions", _transactions, "write transactions and fraud cases, no customers"),
    ):
        command = add(name, run, summary)
        add_customer_options(command, with_file=name != "customers")
        add_model_options(command)
        add_output_options(command, with_columns=name != "customers")
        if name != "customers":
            add_slice_options(command)
        add_processes_option(command, by_size=True)
        add_plan_option(command)
        add_quiet_option(command)

    merchants = add("merchants", _merchants, "write a merchants file for --demographics")
    merchants.add_argument("--seed", type=parse_whole, default=Request.seed, metavar="N", help=f"({Request.seed})")
    merchants.add_argument("--per-category", type=parse_whole, default=500, metavar="N", help="names of each (500)")
    merchants.add_argument(
        "--output", type=parse_path, default=Path("merchants.csv"), metavar="FILE", help="new file (merchants.csv)"
    )

    verify = add("verify", _verify, "check a dataset against its model; exit status 1 if a check fails")
    add_dataset_argument(verify)
    add_expectation_options(verify)
    verify.add_argument("--fast", action="store_true", help="do not read files for the checksums of their bytes")
    verify.add_argument("--json", action="store_true", help="print the certificate as JSON")
    add_processes_option(verify)
    add_quiet_option(verify, "the result only")

    report = add("report", _report, "write a page about a dataset: charts, certificate, how hard its fraud is to find")
    add_dataset_argument(report)
    help_output = "directory of the page and its pictures, new or an earlier report (DIR/_report)"
    report.add_argument("--output", type=parse_path, metavar="DIR", help=help_output)
    add_expectation_options(report)
    add_processes_option(report)
    add_quiet_option(report, "the result only")

    summary = "print how well fraud can be detected at best: in a dataset, or in one that is only planned"
    ceiling = add("ceiling", _expect_ceiling if planned else _measure_ceiling, summary)
    _add_ceiling_options(ceiling, planned=planned)

    reading: tuple[tuple[str, Callable[[Namespace], None], str, tuple[Callable[[Parser], None], ...]], ...] = (
        (
            "fit",
            _fit,
            "write profiles and demographics from which data like a dataset is generated",
            (add_fit_options, add_table_options, add_processes_option, add_quiet_option),
        ),
        (
            "split",
            _split,
            "write the transactions of a dataset as two parts: for training, and later ones for tests",
            (add_split_options, add_quiet_option),
        ),
        (
            "export",
            _export,
            "write transactions as other layouts have them: by time, a file to train, one to test",
            (add_export_options, add_quiet_option),
        ),
        ("digest", _digest, "print an order-independent digest of a dataset's content", ()),
    )
    for name, read, summary, adding in reading:
        command = add(name, read, summary)
        for add_more in (add_dataset_argument, *adding):
            add_more(command)

    add_compare_command(add("compare", print_comparison, "test whether two datasets are alike; exit status 1 if not"))

    add_sparkov_options(add("sparkov", run_sparkov, "write files as Sparkov's own command does, by its options"))

    summary = "show, check and create behaviour profiles"
    examples = ("show adults_2550_female_urban", "new mine --from leftovers --name students")
    add_profile_actions(commands.add_parser("profiles", help=summary, description=summary, examples=examples))
    return parser


def _add_ceiling_options(ceiling: Parser, *, planned: bool) -> None:
    help_plan = "in place of DIR, options of generate: expect it before a row is made; see ceiling --plan --help"
    ceiling.add_argument("--plan", action="store_true", help=help_plan)
    if planned:
        add_customer_options(ceiling, with_file=True)
        add_model_options(ceiling)
    else:
        add_dataset_argument(ceiling)
        add_expectation_options(ceiling)
        add_processes_option(ceiling)
    ceiling.add_argument("--json", action="store_true", help="print it as JSON")
    add_quiet_option(ceiling, "the result only")


def _generate(options: Namespace) -> None:
    _write(options, customers=True, transactions=True)


def _customers(options: Namespace) -> None:
    _write(options, customers=True, transactions=False)


def _transactions(options: Namespace) -> None:
    _write(options, customers=False, transactions=True)


def _write(options: Namespace, *, customers: bool, transactions: bool) -> None:
    plan, output = compile_plan(to_request(options)), to_output(options)
    note_lists(plan)
    processes = options.processes
    if processes is None:
        processes = choose_processes(plan.rows if transactions else plan.source.count, count_processors())
    if options.plan:
        say(describe_plan(estimate(plan, output, processes), output))
        return
    existing = to_existing(options)
    try:
        with show(options.quiet) as report:
            receipt = run_local(
                plan,
                output,
                processes,
                customers=customers,
                transactions=transactions,
                existing=existing,
                report=report,
            )
    except KeyboardInterrupt as stop:
        stop.args = (describe_stop(output.path, options.spell),)
        raise
    if not options.quiet:
        say(summarise(receipt))
        for hint in filter(None, (hint_at_frauds(receipt, output.path), hint_at_receipt(receipt))):
            say(hint)


def _merchants(options: Namespace) -> None:
    check_seed(options.seed)
    if options.output.exists():
        raise InputError(setting("output"), "", str(options.output), "a file that does not exist yet")
    write_merchants(make_merchants(options.seed, options.per_category), options.output)
    say(f"{options.output}: {options.per_category} names for each category")


def _verify(options: Namespace) -> int:
    from vecgen.verify.certificate import STATUSES, spell_certificate, to_json, to_text
    from vecgen.verify.certify import verify_dataset
    from vecgen.verify.expectation import read_expectation

    directory = to_dataset(options)
    with show(options.quiet) as report:
        expectation = read_expectation(directory, vars(options))
        found = verify_dataset(directory, expectation, options.processes, report=report, fast=options.fast)
    certificate = spell_certificate(found, spell_options)
    say(to_json(certificate) if options.json else to_text(certificate))
    return STATUSES[certificate.outcome]


def _report(options: Namespace) -> None:
    from vecgen.report.build import PAGE, default_output, write_report
    from vecgen.verify.certificate import SENTENCES
    from vecgen.verify.expectation import read_expectation

    directory = to_dataset(options)
    output = options.output or default_output(directory)
    with show(options.quiet) as report:
        certificate = write_report(
            directory, read_expectation(directory, vars(options)), output, options.processes, report
        )
    say(f"{output / PAGE}: {certificate.rows:,} transactions, {SENTENCES[certificate.outcome]}")


def _measure_ceiling(options: Namespace) -> None:
    from vecgen.report.ceiling import measure_ceiling
    from vecgen.verify.expectation import read_expectation
    from vecgen.verify.verify import score_dataset

    directory = to_dataset(options)
    with show(options.quiet) as report:
        expectation = read_expectation(directory, vars(options))
        rows = score_dataset(directory, expectation, options.processes, report).rows
    _say_ceiling(measure_ceiling(rows), options)


def _expect_ceiling(options: Namespace) -> None:
    from vecgen.report.expected_ceiling import expect_ceiling

    _say_ceiling(expect_ceiling(to_request(options)), options)


def _say_ceiling(found: Ceiling, options: Namespace) -> None:
    from vecgen.report.ceiling import to_json, to_text

    say(to_json(found) if options.json else to_text(found))


def _fit(options: Namespace) -> None:
    from vecgen.cli.commands.fit import run_fit

    fit = run_fit(options)
    if not options.quiet:
        say(describe_fit(fit, options.output))


def _split(options: Namespace) -> None:
    from vecgen.run.split import split_dataset

    with show(options.quiet) as report:
        split = split_dataset(to_dataset(options), to_cut(options), options.output, report)
    if not options.quiet:
        say(describe_split(split, options.output))


def _export(options: Namespace) -> None:
    files = run_export(options)
    if not options.quiet:
        say(describe_export(files))


def _digest(options: Namespace) -> None:
    from vecgen.verify.file_check import digest_complete

    for name, digest in digest_complete(to_dataset(options)).items():
        say(f"{name} {digest.rows} rows {digest}")
