"""Why Spark has given up, in one line: its own words are hundreds of lines of Java."""

from __future__ import annotations

import re
from typing import Final

_CAUSE: Final = re.compile(r"^(?:Caused by: )?((?:[\w$]+\.)*[\w$]*(?:Error|Exception)(?:: .*)?)$", re.MULTILINE)
_LENGTH: Final = 220


def find_cause(text: str) -> str:
    """Return the innermost error that the text of a failure names, or its first line where it names none."""
    named = [cause for cause in _CAUSE.findall(text) if "Traceback (most recent call last)" not in cause]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    cause = named[-1] if named else (lines or ["no reason given"])[0]
    return cause if len(cause) <= _LENGTH else f"{cause[:_LENGTH]}..."


def name_failure(error: Exception) -> str:
    """Return in one line that Spark has failed, and why."""
    return f"Spark failed: {find_cause(str(error))}"
