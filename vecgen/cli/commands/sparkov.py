"""The command `sparkov`: the original's command line, for whoever knows it, and what it is called here."""

from __future__ import annotations

from argparse import Namespace
from fractions import Fraction
from pathlib import Path
from typing import Final

from vecgen.cli.argument_types import parse_date, parse_path, parse_whole
from vecgen.cli.console import say
from vecgen.cli.options import add_processes_option, add_quiet_option, count_processors
from vecgen.cli.parser import Command, Parser
from vecgen.cli.progress_bar import show
from vecgen.cli.summary import spell_count
from vecgen.config.loader import DEFAULT_PROFILES, MAIN_CONFIG
from vecgen.errors import InputError, VecgenError, setting
from vecgen.model.params import ModelParameters, Period
from vecgen.plan.command import recall_command
from vecgen.plan.form import Form
from vecgen.plan.output import Output, describe_output, target_own
from vecgen.plan.plan import compile_plan
from vecgen.plan.request import Request, describe_request
from vecgen.plan.schedule import choose_processes
from vecgen.run.export.sparkov_files import Written, write_sparkov

_RATE: Final = float(Fraction(99, 101))
"""Of defrauded customers, as release 1.0 was published, whose command line this is."""
_THEIRS: Final = {"customers": "-n", "customers_file": "-c", "start": "START", "end": "END", "seed": "-seed"}
"""The original's words for settings that errors name."""


def _add_options(parser: Parser) -> None:
    parser.add_argument("start_date", type=parse_date, metavar="START", help="first day, MM-DD-YYYY or YYYY-MM-DD")
    parser.add_argument("end_date", type=parse_date, metavar="END", help="last day")
    either = parser.add_mutually_exclusive_group()
    either.add_argument("-n", "--nb_customers", type=parse_whole, default=10, metavar="N", help="customers (10)")
    help_file = "take customers from a file of the original or of vecgen"
    either.add_argument("-c", "--customer_file", type=parse_path, metavar="FILE", help=help_file)
    parser.add_argument("-o", "--output", type=parse_path, default=Path("data"), metavar="DIR", help="new (data)")
    parser.add_argument("-seed", type=parse_whole, default=Request.seed, metavar="N", help=f"({Request.seed})")
    help_config = f"{MAIN_CONFIG} in the directory of its profiles (the shipped)"
    parser.add_argument("-config", type=parse_path, metavar="FILE", help=help_config)
    add_processes_option(parser, by_size=True)
    add_quiet_option(parser)


def _run(options: Namespace) -> None:
    try:
        request = _to_request(options)
        plan = compile_plan(request)
        processes = options.processes or choose_processes(plan.rows, count_processors())
        with show(options.quiet) as report:
            written = write_sparkov(plan, options.output, processes, report)
    except VecgenError as error:
        for name, theirs in _THEIRS.items():
            error.text = error.text.replace(setting(name), theirs)
        raise
    if not options.quiet:
        say(_describe(written, request, options.output))


def _to_request(options: Namespace) -> Request:
    law = ModelParameters(Period(options.start_date, options.end_date), fraud_rate=_RATE, dependence="v1.0")
    return Request(
        customers=options.nb_customers,
        customers_file=options.customer_file,
        seed=options.seed,
        law=law,
        profiles=_find_profiles(options.config),
    )


def _find_profiles(config: Path | None) -> Path:
    """Return the directory of the profiles that a main_config.json belongs to."""
    if config is None:
        return DEFAULT_PROFILES
    if config.name != MAIN_CONFIG:
        remedy = "copy it under that name beside its profiles"
        raise InputError(
            "-config", "", str(config), f"a file named {MAIN_CONFIG}, in the directory of its profiles", remedy
        )
    return config.parent


def _describe(written: Written, request: Request, output: Path) -> str:
    """Return what was written, and the command of `generate` that gives the same rows, a line each."""
    rows = f"{spell_count(written.customers, 'customer')}, {spell_count(written.rows, 'transaction')}"
    form = describe_output(target_own(Output(Path("output"), Form("csv"))))
    command = recall_command(("customers", "transactions"), describe_request(request), form).replace(" \\\n   ", "")
    files = f"{output}: {rows} in {spell_count(written.files, 'file')}"
    return f"{files}\nthe same rows, by vecgen's own options: {command}"


COMMANDS: Final = {
    "sparkov": Command(
        ("-n 1000 -o out 01-01-2023 12-31-2023", "-c customers.csv -seed 7 01-01-2023 12-31-2023"), _add_options, _run
    )
}
