"""Command lines as a shell takes them: the one that made a dataset, and the one that helps a run that was refused."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, Final

from vecgen.errors import Step
from vecgen.generate import CUSTOMERS, TRANSACTIONS, Output
from vecgen.plan import Request, describe_request
from vecgen.receipt import Receipt
from vecgen.storage import may_be_secret

_DEFAULT_OUTPUT: Final = Output(Path("output"))
_FLAGS: Final = frozenset(
    {"append", "overwrite", "resume", "safe_identifiers", "single_file", "travel", "with_customer_id"}
)
_STORAGE: Final = "--storage-option"


def recall_command(receipt: Receipt) -> str:
    """Return the shell command that asks for a receipt's dataset, an option that differs from its default a line."""
    parts = set(receipt.parts)
    command = "customers" if parts == {CUSTOMERS} else "transactions" if parts == {TRANSACTIONS} else "generate"
    return " \\\n    ".join([f"vecgen {command}", *_list_options(receipt)])


def _list_options(receipt: Receipt) -> Iterator[str]:
    usual = _flatten(describe_request(Request()), json.loads(json.dumps(asdict(_DEFAULT_OUTPUT), default=str)))
    asked = _flatten(receipt.request, receipt.output)
    skipped = {"customers"} if asked.get("customers_file") else set()
    if asked.get("single_file"):
        skipped.add("partition_by")
    for name, value in asked.items():
        if name in skipped or value == usual.get(name):
            continue
        yield shlex.join(_spell_option(name, value))


def _flatten(request: dict[str, Any], output: dict[str, Any]) -> dict[str, Any]:
    """Return values by the names of options."""
    law = request["law"]
    form = {"output" if name == "path" else name: value for name, value in output.items()}
    values = {**request, **law["period"], **law, **form}
    return {name: value for name, value in values.items() if name not in ("law", "period")}


def _spell_option(name: str, value: Any) -> list[str]:
    """Return the words of an option."""
    option = f"--{name.replace('_', '-')}"
    return [option] if value is True else [option, _to_text(name, value)]


def _to_text(name: str, value: Any) -> str:
    if name == "batches":
        return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in value)
    if name == "only_dates":
        return "..".join(value)
    return ",".join(value) if isinstance(value, list) else str(value)


def spell_step(program: str, words: Sequence[str], step: Step) -> str:
    """Return a line that prints the command of a step: the words that were typed, changed as the step says.

    Args:
        program: What is typed before them, as a shell takes it.
        words: What was typed. Storage options that may be secret are left out.
    """
    shown = _drop_secrets(words)
    note = " (credentials, left out here, are needed again)" if len(shown) < len(words) else ""
    return f"{step.verb}{note} with {program} {shlex.join(_change(shown, step))}"


def _change(words: Sequence[str], step: Step) -> list[str]:
    options = dict(step.options)
    if "--overwrite" in words and "overwrite" not in options:  # which begins anew; the two exclude each other
        options.pop("resume", None)
    kept = list(words)
    for name in options:
        kept = _drop_option(kept, name, takes_value=name not in _FLAGS)
    added = (_spell_option(name, value) for name, value in options.items() if value is not None and value is not False)
    return [*kept, *(word for spelled in added for word in spelled)]


def _drop_option(words: Sequence[str], name: str, *, takes_value: bool) -> list[str]:
    option, kept, rest = f"--{name.replace('_', '-')}", list[str](), iter(words)
    for word in rest:
        if word == option and takes_value:
            next(rest, None)
        elif word != option and not word.startswith(f"{option}="):
            kept.append(word)
    return kept


def _drop_secrets(words: Sequence[str]) -> list[str]:
    kept, rest = list[str](), iter(words)
    for word in rest:
        option, equals, value = word.partition("=")
        pair = [word] if equals or option != _STORAGE else [word, *islice(rest, 1)]
        text = value if equals else pair[-1]
        if option != _STORAGE or not may_be_secret(text.partition("=")[0]):
            kept += pair
    return kept
