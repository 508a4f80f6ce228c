"""Command lines as a shell takes them: the one that made a dataset, and the one that helps a run that was refused."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final

from vecgen.io.schema import CUSTOMERS, TRANSACTIONS
from vecgen.plan.output import Output, describe_output, target_own
from vecgen.plan.request import Request, describe_request, flatten_request

_DEFAULT_OUTPUT: Final = describe_output(target_own(Output(Path("output"))))
FLAGS: Final = frozenset(
    {
        "append",
        "normalized",
        "overwrite",
        "resume",
        "safe_identifiers",
        "single_file",
        "travel",
        "with_customer_id",
        "with_fraud_probability",
        "with_fraud_type",
        "with_report_date",
    }
)


def recall_command(parts: Collection[str], request: dict[str, Any], output: dict[str, Any]) -> str:
    """Return the shell command that asks for a recorded dataset, an option that differs from its default a line."""
    parts = set(parts)
    command = "customers" if parts == {CUSTOMERS} else "transactions" if parts == {TRANSACTIONS} else "generate"
    return " \\\n    ".join([f"vecgen {command}", *_list_options(request, output)])


def _list_options(request: dict[str, Any], output: dict[str, Any]) -> Iterator[str]:
    usual = _flatten(describe_request(Request()), _DEFAULT_OUTPUT)
    asked = _flatten(request, output)
    skipped = {"load", "kept"}  # what a run finds out by itself
    if asked.get("customers_file"):
        skipped.add("customers")
    if asked.get("single_file"):
        skipped.add("partition_by")
    for name, value in asked.items():
        if name in skipped or value == usual.get(name):
            continue
        yield shlex.join(spell_option(name, value))


def _flatten(request: dict[str, Any], output: dict[str, Any]) -> dict[str, Any]:
    """Return values by the names of options."""
    form = {"output" if name == "path" else name: value for name, value in output.items()}
    return {**flatten_request(request), **form}


def spell_option(name: str, value: Any) -> list[str]:
    """Return the words of an option."""
    option = f"--{name.replace('_', '-')}"
    return [option] if value is True else [option, _to_text(name, value)]


def _to_text(name: str, value: Any) -> str:
    if name == "batches":
        return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in value)
    if name == "fraud_types":
        return ",".join(_weigh_type(kind, own) for kind, own in value.items())
    if name == "only_dates":
        return "..".join(value)
    return ",".join(value) if isinstance(value, list) else str(value)


def _weigh_type(name: str, own: dict[str, Any]) -> str:
    path = str(Path(own.get("folder", "")) / name)
    return f"{path}={str(own['weight']).removesuffix('.0')}"
