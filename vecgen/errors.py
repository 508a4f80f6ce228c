"""Every error vecgen raises on purpose: one sentence that names place, value, expectation and remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any


class VecgenError(Exception):
    """Base of all deliberate errors; the command line prints it as one line and exits with status 2."""


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
        self.where, self.field, self.value, self.expected, self.remedy = where, field, value, expected, remedy
        place = f"{where}: {field}" if field else where
        advice = f"; {remedy}" if remedy else ""
        super().__init__(f"{place}: got {value!r}, expected {expected}{advice}")

    def __reduce__(self) -> tuple[type[InputError], tuple[object, ...], dict[str, object]]:
        # Exceptions cross process boundaries (local pool, Spark workers); the default pickling would lose the fields.
        fields = (self.where, self.field, self.value, self.expected, self.remedy)
        return type(self), fields, {"further": self.further}


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


def to_line(error: VecgenError) -> str:
    """Return an error as the one line that is printed, whatever stands in the names of files it mentions."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(error))
