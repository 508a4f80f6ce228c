"""Summarises a failure of Spark, which is hundreds of lines of Java, in one line."""

from __future__ import annotations

import re
from typing import Final

_CAUSE: Final = re.compile(
    r"^(?:Caused by: |: )?((?:[\w$]+\.)*[\w$]*(?:Error|Exception)(?:: .*)?)$",  # ": " follows a line of Py4J's
    re.MULTILINE,
)
_SAYS_NOTHING: Final = ("java.io.EOFException", "java.net.SocketException")
"""What Spark meets where a Python worker was, after that has died."""
_LENGTH: Final = 220
_END: Final = 90
"""Characters kept of the end of a cause that is cut: after a long path, the end says what is wrong."""
_MORE_MEMORY: Final = "give each executor more memory (spark.executor.memoryOverhead) or fewer cores"
_REMEDIES: Final = {
    "Python worker exited unexpectedly": f"the system kills processes when memory is short: {_MORE_MEMORY}",
    "MemoryError": _MORE_MEMORY,
    "java.lang.OutOfMemoryError": "give the driver and executors more memory (spark.driver.memory)",
    "spark.driver.maxResultSize": "raise spark.driver.maxResultSize",
    "No space left on device": "make room",
}


def find_cause(text: str) -> str:
    """Return the innermost error that the text of a failure names, or its first line where it names none."""
    named = [cause for cause in _CAUSE.findall(text) if "Traceback (most recent call last)" not in cause]
    telling = [cause for cause in named if not cause.startswith(_SAYS_NOTHING)] or named
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    cause = telling[-1] if telling else (lines or ["no reason given"])[0]
    return cause if len(cause) <= _LENGTH else f"{cause[: _LENGTH - _END]} … {cause[-_END:]}"


def name_failure(error: Exception) -> str:
    """Return in one line that Spark has failed, why, and what helps where that is known."""
    text = str(error)
    cause = find_cause(text)
    remedies = [remedy for sign, remedy in _REMEDIES.items() if sign in cause]
    return "; ".join([f"Spark failed: {cause}", *remedies[:1]])
