"""Every error vecgen raises on purpose: one sentence that names place, value, expectation and remedy."""

from __future__ import annotations


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
    """

    def __init__(self, where: str, field: str, value: object, expected: str, remedy: str = "") -> None:
        self.where, self.field, self.value, self.expected, self.remedy = where, field, value, expected, remedy
        place = f"{where}: {field}" if field else where
        advice = f"; {remedy}" if remedy else ""
        super().__init__(f"{place}: got {value!r}, expected {expected}{advice}")

    def __reduce__(self) -> tuple[type[InputError], tuple[object, ...]]:
        # Exceptions cross process boundaries (local pool, Spark workers); the default pickling would lose the fields.
        return type(self), (self.where, self.field, self.value, self.expected, self.remedy)


class OutputError(VecgenError):
    """A destination that cannot be written to, or holds something that must not be overwritten."""


def to_line(error: VecgenError) -> str:
    """Return an error as the one line that is printed, whatever stands in the names of files it mentions."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(error))
