"""The exceptions of vecgen: one sentence each that names place, value, expectation and remedy."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

_MAX_VALUE: Final = 220
"""Characters shown of a value."""
MAX_SHOWN: Final = 100
"""Characters of a value, or of a name, that `shorten` keeps."""
_MAX_LINE: Final = 600
_LINE_END: Final = 200  # of a line that is cut, what is kept of its end: the remedy
_MAX_WORD: Final = 60  # no name of ours is longer
_USER: Final = re.compile(r"(?<=:)(/*)[^\s/?#'\"]*@")  # also where a slash is missing
_QUERY: Final = re.compile(r"(?<=[?&])([^\s=&'\"]{1,60})=[^\s&'\"]+")
_SETTING: Final = re.compile("\0([a-z_]+)(?:=([^\0]*))?\0")
_NAMED: Final = re.compile(r"(?i)(\w*(?:secret|passw|token|access_key|credential)\w*)=[^\s&'\"]+")


def setting(name: str, value: object = None) -> str:
    """Return a setting, and a value to give it, as texts of errors name it: marked, for each interface to spell.

    `setting("fraud_rate", 0)` is `--fraud-rate 0` on the command line, `fraud_rate=0` in Python and Spark's options.
    """
    # A null character marks it: values show theirs escaped, and no path can hold one.
    return f"\0{name}\0" if value is None else f"\0{name}={value!r}\0"


def spell_keywords(text: str) -> str:
    """Return a text with its settings spelled as keywords of Python."""
    return _SETTING.sub(lambda mark: mark[1] if mark[2] is None else f"{mark[1]}={mark[2]}", text)


def spell_options(text: str) -> str:
    """Return a text with its settings spelled as options of the command line."""

    def spell(mark: re.Match[str]) -> str:
        option, value = f"--{mark[1].replace('_', '-')}", mark[2]
        if value in (None, "True"):  # nothing follows the name of a flag
            return option
        return " ".join([option, value.strip("'") or '""'])

    return _SETTING.sub(spell, text)


@dataclass(frozen=True)
class Step:
    """What to change in a command that was refused or interrupted; the command line prints the resulting command.

    Attributes:
        verb: What the command does, as in "resume".
        options: Values by the names of options, instead of those that were given; None and False leave an option out.
    """

    verb: str
    options: Mapping[str, object] = field(default_factory=dict)


class VecgenError(Exception):
    """Base of all deliberate errors; the command line prints it as one line and exits with status 2.

    Attributes:
        text: The message with its settings marked; `str` spells them as keywords.
        step: What helps, where one command does.
    """

    step: Step | None = None

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return spell_keywords(self.text)


_Error = TypeVar("_Error", bound=VecgenError)


def advise(error: _Error, step: Step | None) -> _Error:
    """Return an error that says what helps."""
    error.step = step
    return error


class InputError(VecgenError):
    """A value from outside (file, option, argument) that cannot be used.

    Args:
        where: File, option or argument the value came from.
        field: Path of the field inside it, "" when the whole of `where` is meant.
        value: The offending value, shown as it was given.
        expected: What would have been accepted.
        remedy: What to do about it, "" when `expected` already says so.

    Attributes:
        further: Other faults of the same input, found along with this one.
    """

    further: tuple[InputError, ...] = ()

    def __init__(self, where: str, field: str, value: object, expected: str, remedy: str = "") -> None:
        self._given = (where, field, value, expected, remedy)
        self.value = value
        self.where, self.field, self.expected, self.remedy = map(spell_keywords, (where, field, expected, remedy))
        place = f"{where}: {field}" if field else where
        advice = f"; {remedy}" if remedy else ""
        super().__init__(f"{place}: got {self._show(value)}, expected {expected}{advice}")

    @staticmethod
    def _show(value: object) -> str:
        text = repr(value)
        return text if len(text) <= _MAX_VALUE else f"{text[:_MAX_VALUE]}..."

    def __reduce__(self) -> tuple[type[InputError], tuple[object, ...], dict[str, object]]:
        # Exceptions cross process boundaries (local pool, Spark workers); the default pickling would lose the fields.
        return type(self), self._given, {"further": self.further, "step": self.step}


class WrongTypeError(InputError, TypeError):
    """A value of another type than the one that is expected; the message says which type it has."""

    @staticmethod
    def _show(value: object) -> str:
        kinds = {"str": "text", "int": "a whole number", "float": "a number", "bool": "a truth value"}
        kind = type(value).__name__
        return f"{InputError._show(value)} ({kinds.get(kind, kind)})"


class InputWarning(UserWarning):
    """Something legal in an input that its owner may not know; the command line prints it as one line."""


class OutputError(VecgenError):
    """A destination that cannot be written to, or holds something that must not be overwritten."""


def gather(parts: Iterable[Callable[[], Any]]) -> list[Any]:
    """Return the results of parts that do not need each other; one that fails does not keep the rest from running.

    Raises:
        InputError: The first fault of any part, with those of all parts behind it as its `further`.
    """
    results: list[Any] = []
    faults: list[InputError] = []
    for part in parts:
        try:
            results.append(part())
        except InputError as error:
            faults += [error, *error.further]
    raise_first(faults)
    return results


def raise_first(faults: Sequence[InputError]) -> None:
    """Raise the first fault with the others as its `further`; return where there is none."""
    if faults:
        faults[0].further = tuple(faults[1:])
        raise faults[0]


def shorten(value: object) -> object:
    """Return what an error shows of `value`: one short line, whatever it holds."""
    if isinstance(value, dict):
        return "a JSON object"
    if isinstance(value, list):
        return "a JSON list"
    if isinstance(value, str) and len(value) > MAX_SHOWN:
        return value[:MAX_SHOWN] + "..."
    if isinstance(value, int) and abs(value) >= 10**MAX_SHOWN:
        return f"an integer of more than {MAX_SHOWN} digits"
    return value


def suggest(word: object, known: Iterable[str]) -> str:
    """Return "did you mean 'x'?" where a word is nearly one of the known words, else ""."""
    if not isinstance(word, str) or len(word) > _MAX_WORD:
        return ""
    words = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), words, n=1)
    return f"did you mean {words[found[0]]!r}?" if found else ""


def redact(text: str) -> str:
    """Return a text without user names, passwords and query values of URLs, and without values of secret options."""
    return _NAMED.sub(r"\1=…", _QUERY.sub(r"\1=…", _USER.sub(r"\1…@", text)))


def to_printable(text: object) -> str:
    """Return a text whose control characters are spelled out; line breaks stay."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in str(text))


def to_line(error: VecgenError) -> str:
    """Return an error as the line of the command line: printable, of bounded length, without credentials."""
    line = to_printable(redact(spell_options(error.text))).replace("\n", r"\n")
    return line if len(line) <= _MAX_LINE else f"{line[: _MAX_LINE - _LINE_END]} … {line[-_LINE_END:]}"
