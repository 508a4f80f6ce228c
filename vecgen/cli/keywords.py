"""Keywords of the Python API: the options of the command line as Python values, with the same names, texts, defaults.

A value is what Python has for it (a number, a date, a sequence) or, where that is no number, the text that the command
line takes.
"""

from __future__ import annotations

import inspect
import operator
import os
import re
from argparse import SUPPRESS, Action, ArgumentTypeError, Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import wraps
from numbers import Real
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypedDict, TypeVar

from vecgen.cli.argument_types import (
    parse_date,
    parse_dates,
    parse_delay,
    parse_map,
    parse_names,
    parse_number,
    parse_partition_keys,
    parse_path,
    parse_place,
    parse_ranges,
    parse_size,
    parse_storage_option,
    parse_weights,
    parse_whole,
    read_storage_options,
)
from vecgen.cli.parser import Parser
from vecgen.errors import InputError, WrongTypeError, suggest
from vecgen.io.parquet_layout import Compression, Encodings
from vecgen.io.writers import Format
from vecgen.model.params import Dependence
from vecgen.plan.output import Table
from vecgen.plan.slices import PartitionKey

if TYPE_CHECKING:
    from vecgen.run.export.public_files import Layout

Day: TypeAlias = date | str
"""A date, or its text as YYYY-MM-DD or MM-DD-YYYY."""
Directory: TypeAlias = str | os.PathLike[str]
F = TypeVar("F", bound=Callable[..., Any])

_OPTION: Final = re.compile(r"(?<![^\s(,'])--(?!help\b)([a-z][a-z-]*[a-z])(?: (?=\d|\"))?")


class RequestKeywords(TypedDict, total=False):
    """The options that decide the content of a dataset."""

    customers: int
    customers_file: Directory | None
    as_of: Day | None
    safe_identifiers: bool
    demographics: Directory
    start: Day
    end: Day | None
    seed: int
    profiles: Directory
    fraud_rate: float
    fraud_days: int
    fraud_stealth: float
    fraud_types: Mapping[str, float] | Sequence[str] | Directory | None
    dependence: Dependence
    travel: bool
    report_delay: float | tuple[float, float] | str | None
    never_reported: float
    false_reports: float
    labels_as_of: Day | None


class OutputKeywords(RequestKeywords, total=False):
    """The options that decide the content of a dataset, its place and its form."""

    output: Directory
    storage_option: Mapping[str, str] | None
    storage_options_file: Directory | None
    format: Format
    partition_by: Sequence[PartitionKey] | str
    compression: Compression
    encoding: Encodings
    max_file_size: int | str
    max_records_per_file: int | None
    resume: bool
    overwrite: bool
    table: Table | None
    append: bool
    with_customer_id: bool
    with_fraud_probability: bool
    with_fraud_type: bool
    with_report_date: bool
    columns: Sequence[str] | str | None
    normalized: bool
    single_file: bool
    only_dates: tuple[Day, Day] | str | None
    batch_rows: int | None
    batches: Sequence[int | tuple[int, int]] | str
    processes: int
    quiet: bool


class ExpectationKeywords(TypedDict, total=False):
    """What is expected of a dataset where its receipt does not say it, and how the dataset is read."""

    storage_option: Mapping[str, str] | None
    storage_options_file: Directory | None
    law: Dependence | None
    start: Day | None
    end: Day | None
    profiles: Directory | None
    demographics: Directory | None
    fraud_rate: float | None
    fraud_days: int | None
    fraud_stealth: float | None
    travel: bool | None
    as_of: Day | None
    time_zone: str | None
    safe_identifiers: bool | None
    processes: int
    quiet: bool


class FitKeywords(TypedDict, total=False):
    """What a fit is told instead of finding it out, and how the dataset is read."""

    storage_option: Mapping[str, str] | None
    storage_options_file: Directory | None
    output: Directory
    law: Dependence | None
    start: Day | None
    end: Day | None
    as_of: Day | None
    profiles: Directory | None
    demographics: Directory | None
    least_customers: int
    epsilon: float | None
    categories: Sequence[str] | str | None
    map: Mapping[str, str] | str | None
    time_zone: str | None
    date_format: str | None
    merchant_prefix: str | None
    amount_unit: Literal["units", "cents"] | None
    processes: int
    quiet: bool


class SplitKeywords(TypedDict, total=False):
    """Where a dataset is split, and how it is read."""

    storage_option: Mapping[str, str] | None
    storage_options_file: Directory | None
    output: Directory
    train_until: Day
    test_from: Day
    disjoint_customers: float | None
    labels_as_of: Day | None
    quiet: bool


class ExportKeywords(TypedDict, total=False):
    """What the files of another layout hold, and how the dataset is read."""

    storage_option: Mapping[str, str] | None
    storage_options_file: Directory | None
    output: Directory
    layout: Layout
    split_date: Day | None
    format: Format
    quiet: bool


class ComparisonKeywords(TypedDict, total=False):
    """How two datasets are compared and read."""

    storage_option: Mapping[str, str] | None
    storage_options_file: Directory | None
    output: Directory | None
    profiles: Directory
    tolerance: float
    classifier: bool
    processes: int
    quiet: bool


def read_keywords(parser: Parser, given: Mapping[str, Any]) -> Namespace:
    """Return the options that keywords stand for, as if the parser had read them.

    Raises:
        TypeError: A keyword that is no option.
        InputError: A value that the option does not take, or two options that exclude each other.
    """
    actions = list_keywords(parser)
    for name in given:
        if name not in actions:
            advice = suggest(name, actions)
            raise TypeError(f"unknown keyword {name!r}{advice and '; ' + advice}")
    for group in parser._mutually_exclusive_groups:
        names = [name for name, action in actions.items() if action in group._group_actions and given.get(name)]
        if len(names) > 1:
            raise InputError(names[1], "", given[names[1]], f"not both {names[0]} and {names[1]}", "leave one out")
    options = {action.dest: action.default for action in actions.values()}
    return Namespace(**options | {actions[name].dest: _read(actions[name], name, given[name]) for name in given})


def list_keywords(parser: Parser) -> dict[str, Action]:
    """Return the options of a parser by their names as keywords."""
    asked = (action for action in parser._actions if action.option_strings and action.default != SUPPRESS)  # no --help
    return {action.option_strings[0].lstrip("-").replace("-", "_"): action for action in asked}


def takes(parser: Parser, annotations: type, **defaults: object) -> Callable[[F], F]:
    """Return a decorator: the function takes the options of `parser` as its `**keywords`.

    `help()` and completion see each of them.

    Args:
        annotations: The typed dictionary of the keywords.
        defaults: Of keywords that have another than the option.
    """
    actions = list_keywords(parser)

    def decorate(function: F) -> F:
        @wraps(function)
        def call(*arguments: Any, **keywords: Any) -> Any:
            return function(*arguments, **{**defaults, **keywords})

        signature = inspect.signature(function)
        own = [p for p in signature.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
        more = [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=defaults.get(name, None if action.default == [] else action.default),
                annotation=_annotation(annotations.__annotations__[name]),
            )
            for name, action in actions.items()
        ]
        call.__signature__ = signature.replace(parameters=[*own, *more])  # type: ignore[attr-defined]
        texts = {name: spell_help(action.help or "") for name, action in actions.items()}
        texts |= {name: f"{texts[name].partition(' (')[0]} ({value})" for name, value in defaults.items()}
        lines = (f"    {name}: {text}" for name, text in texts.items())
        call.__doc__ = "\n".join([inspect.getdoc(function) or "", "", "Keywords, as of the command line:", *lines])
        return call  # type: ignore[return-value]

    return decorate


def _annotation(kind: Any) -> Any:
    return getattr(kind, "__forward_arg__", kind)


def spell_help(text: str) -> str:
    """Return a text of a parser about options as one about keywords: `--fraud-rate 0` as `fraud_rate=0`."""
    return _OPTION.sub(lambda match: match[1].replace("-", "_") + "=" * match[0].endswith(" "), text)


def read_value(name: str, parse: Callable[[str], Any], value: Any) -> Any:
    """Return what a value of Python stands for where the command line has text that `parse` reads; None for None.

    Raises:
        InputError: A value of another type, or that cannot be used.
    """
    return None if value is None else _read_kind(name, _KINDS[parse], value)


def _read(action: Action, name: str, value: Any) -> Any:
    if value is None and not action.default:
        return action.default
    kind = _KINDS[action.type] if action.type else _FLAG if action.nargs == 0 else _WORD
    read = _read_kind(name, kind, value)
    if action.choices is not None and read not in action.choices:
        known = [str(choice) for choice in action.choices]
        raise InputError(name, "", value, f"one of {', '.join(known)}", suggest(value, known))
    return read


def _read_kind(name: str, kind: _Kind, value: Any) -> Any:
    try:
        return kind.read(value)
    except TypeError:
        raise WrongTypeError(name, "", value, kind.expected) from None
    except ArgumentTypeError as error:
        raise InputError(name, "", value, str(error).partition("expected ")[2]) from None


@dataclass(frozen=True)
class _Kind:
    """A type of values: in words, and how one is read; TypeError for what is none."""

    expected: str
    read: Callable[[Any], Any]


def _read_whole(value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError
    return operator.index(value)


def _read_number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError
    return float(value)


def _read_flag(value: Any) -> bool:
    if type(value).__name__ not in ("bool", "bool_"):  # NumPy's too
        raise TypeError
    return bool(value)


def _read_word(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _read_day(value: Any) -> date:
    # Of a datetime, the date.
    return date(value.year, value.month, value.day) if isinstance(value, date) else parse_date(_read_word(value))


def _read_days(value: Any) -> tuple[date, date]:
    if isinstance(value, str):
        return parse_dates(value)
    if len(value) != 2:
        raise TypeError
    return _read_day(value[0]), _read_day(value[1])


def _read_delay(value: Any) -> tuple[float, float]:
    if isinstance(value, str):
        return parse_delay(value)
    mean, stdev = value if isinstance(value, tuple | list) and len(value) == 2 else (value, value)
    return _read_number(mean), _read_number(stdev)


def _read_ranges(value: Any) -> tuple[tuple[int, int], ...]:
    if isinstance(value, str):
        return parse_ranges(value)
    pairs = (part if isinstance(part, tuple | list) else (part, part) for part in value)
    return tuple((_read_whole(first), _read_whole(last)) for first, last in pairs)


def _read_names(value: Any) -> tuple[str, ...]:
    return parse_names(value) if isinstance(value, str) else tuple(map(_read_word, value))


def _read_weights(value: Any) -> dict[str, float]:
    if isinstance(value, Mapping):
        return {_read_word(name): _read_number(weight) for name, weight in value.items()}
    return parse_weights(",".join(_read_names(os.fspath(value) if isinstance(value, os.PathLike) else value)))


def _read_size(value: Any) -> int:
    return parse_size(value if isinstance(value, str) else str(_read_whole(value)))


def _read_storage(value: Any) -> list[tuple[str, str]]:
    if not isinstance(value, Mapping):
        raise TypeError
    return [parse_storage_option(f"{key}={text}") for key, text in value.items()]


def _read_map(value: Any) -> tuple[tuple[str, str], ...]:
    if isinstance(value, Mapping):
        return tuple((_read_word(ours), _read_word(theirs)) for ours, theirs in value.items())
    return parse_map(_read_word(value))


_FLAG: Final = _Kind("True or False", _read_flag)
_WORD: Final = _Kind("text", _read_word)
_KINDS: Final[dict[Any, _Kind]] = {
    parse_whole: _Kind("a whole number", _read_whole),
    parse_number: _Kind("a number", _read_number),
    parse_date: _Kind("a date, or its text as YYYY-MM-DD", _read_day),
    parse_dates: _Kind("two dates, or their text as FROM..TO", _read_days),
    parse_delay: _Kind("a number, a pair of numbers, or their text as MEAN,STDEV", _read_delay),
    parse_path: _Kind("a path", lambda value: parse_path(_read_word(os.fspath(value)))),
    parse_place: _Kind("a path or a URL", lambda value: parse_place(_read_word(os.fspath(value)))),
    parse_ranges: _Kind("numbers and pairs of numbers, or their text such as 17,4711-4720", _read_ranges),
    parse_map: _Kind("a dictionary of columns by what they are, or its text", _read_map),
    parse_names: _Kind("a name, or a sequence of names", _read_names),
    parse_weights: _Kind("a dictionary of weights by name, names, or their text such as a=3,b=2", _read_weights),
    parse_partition_keys: _Kind(
        "keys, or their text", lambda value: parse_partition_keys(",".join(_read_names(value)))
    ),
    parse_size: _Kind("a whole number of bytes, or text such as 256MiB", _read_size),
    read_storage_options: _Kind("a path", lambda value: read_storage_options(_read_word(os.fspath(value)))),
    parse_storage_option: _Kind("a dictionary of texts", _read_storage),
}
