"""The command that made a dataset, recalled from its receipt."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from vecgen.generate import CUSTOMERS, TRANSACTIONS, Output
from vecgen.plan import Request, describe_request
from vecgen.receipt import Receipt

_DEFAULT_OUTPUT: Final = Output(Path("output"))


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
        option = f"--{name.replace('_', '-')}"
        yield option if value is True else f"{option} {shlex.quote(_to_text(name, value))}"


def _flatten(request: dict[str, Any], output: dict[str, Any]) -> dict[str, Any]:
    """Return values by the names of options."""
    law = request["law"]
    form = {"output" if name == "path" else name: value for name, value in output.items()}
    values = {**request, **law["period"], **law, **form}
    return {name: value for name, value in values.items() if name not in ("law", "period")}


def _to_text(name: str, value: Any) -> str:
    if name == "batches":
        return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in value)
    if name == "only_dates":
        return "..".join(value)
    return ",".join(value) if isinstance(value, list) else str(value)
