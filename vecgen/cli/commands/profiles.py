"""The command `profiles`: behaviour profiles and fraud types, checked, shown and created."""

from __future__ import annotations

import sys
from argparse import Namespace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from vecgen.cli.argument_types import parse_path
from vecgen.cli.console import say
from vecgen.cli.options import add_demographics_option
from vecgen.cli.parser import Command, Parser
from vecgen.cli.summary import spell_count
from vecgen.config.json_schema import SCHEMAS, spell_schema
from vecgen.config.loader import DEFAULT_PROFILES, check_profiles, load_demographics, load_profiles
from vecgen.config.new_file import write_new
from vecgen.config.new_profile import add_profile
from vecgen.errors import InputError, VecgenError, gather, to_line
from vecgen.model.fraud.derive import check_amounts
from vecgen.model.fraud.fraud_type_schema import KIND, fraud_type_schema
from vecgen.model.fraud.load_fraud_types import check_fraud_types, find_fraud_types, load_fraud_type
from vecgen.model.fraud.new_fraud_type import add_fraud_type

if TYPE_CHECKING:
    from vecgen.model.fraud.fraud_type import FraudType

_EXAMPLES: Final = {
    "check": ("", "mine --demographics my_demographics"),
    "show": ("adults_2550_female_urban", "card_testing mine"),
    "new": ("mine --from adults_2550_female_urban --name students", "mine --from card_testing"),
    "schema": ("--output profile.schema.json", "main_config"),
}
_SCHEMAS: Final = {**SCHEMAS, KIND: fraud_type_schema}
"""By the kind of file."""


def _add_actions(profiles: Parser) -> None:
    actions = profiles.add_subparsers(title="actions", required=True, metavar="ACTION")

    def add(name: str, run: object, summary: str) -> Parser:
        examples = _EXAMPLES[name]
        action: Parser = actions.add_parser(name, help=summary, description=summary, examples=examples)
        action.set_defaults(run=run)
        return action

    place: Any = {"type": parse_path, "metavar": "DIR"}
    check = add("check", _check, "read a directory of profiles and list all that is wrong with it")
    check.add_argument("directory", nargs="?", default=DEFAULT_PROFILES, help="(the shipped)", **place)
    add_demographics_option(check)

    show = add("show", _show, "print what a profile and its fraud twin do, or a fraud type")
    show.add_argument("name", metavar="NAME")
    show.add_argument("directory", nargs="?", default=DEFAULT_PROFILES, help="(the shipped)", **place)

    new = add(
        "new",
        _new,
        "add a copy of a profile or fraud type, to be edited, to a directory; a new one becomes complete",
    )
    new.add_argument("directory", **place)
    new.add_argument(
        "--from", dest="origin", required=True, metavar="NAME", help="profile to copy, with its twin, or fraud type"
    )
    new.add_argument("--name", metavar="NEW", help="name of the copy (NAME_copy)")
    new.add_argument("--profiles", help="where NAME is (DIR; the shipped if DIR is new)", **place)

    schema = add("schema", _print_schema, "print the JSON Schema by which editors check and complete profiles")
    schema.add_argument("kind", choices=list(_SCHEMAS), nargs="?", default="profile")
    schema.add_argument("--output", type=parse_path, metavar="FILE", help="new file (printed)")


def _check(options: Namespace) -> None:
    def check_types() -> list[FraudType]:
        """Return the fraud types of the directory, once all of them are without fault."""
        return check_fraud_types(options.directory, load_demographics(options.demographics).merchants)

    try:
        profiles, types = gather([partial(check_profiles, options.directory, options.demographics), check_types])
        check_amounts(types, profiles.regular, profiles.fraud)
    except InputError as error:
        faults = {to_line(fault): fault for fault in (error, *error.further)}.values()  # both read the demographics
        print(*map(to_line, faults), sep="\n", file=sys.stderr)
        places = len({fault.where for fault in faults})
        summary = f"{options.directory}: {spell_count(len(faults), 'fault')} in {spell_count(places, 'place')}"
        raise VecgenError(summary) from None
    also = f", {spell_count(len(types), 'fraud type')}" if types else ""
    say(f"{options.directory}: {len(profiles.names)} profiles and their fraud twins{also}, no fault found")


def _show(options: Namespace) -> None:
    from vecgen.cli.show_profile import print_fraud_type, print_page

    types = find_fraud_types(options.directory)
    profiles = load_profiles(options.directory)
    if options.name in types and options.name not in profiles.names:
        print_fraud_type(load_fraud_type(types[options.name]))
    else:
        print_page(profiles, options.name, others=types)


def _new(options: Namespace) -> None:
    name = f"{options.origin}_copy" if options.name is None else options.name
    types = find_fraud_types(options.profiles or options.directory)
    if options.origin in types:
        add_fraud_type(options.directory, options.origin, name, options.profiles)
        say(f"{options.directory}: fraud type {name}, after {options.origin}")
        return
    add_profile(options.directory, options.origin, name, options.profiles, others=types)
    say(f"{options.directory}: {name} and fraud_{name}, after {options.origin}; main_config.json says who gets it")


def _print_schema(options: Namespace) -> None:
    text = spell_schema(_SCHEMAS[options.kind]())
    if options.output is None:
        print(text, end="")
    else:
        write_new(options.output, text)


COMMANDS: Final = {
    "profiles": Command(("show adults_2550_female_urban", "new mine --from leftovers --name students"), _add_actions)
}
