"""Damaged datasets: one change of a file's bytes, of a column, of a value, or of what a receipt says."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from tests.support.datasets import data_files
from vecgen.records.receipt import RECEIPT
from vecgen.sampling.rng import mix_scalar

T = TypeVar("T")


class Draws:
    """Draws that depend on a seed alone."""

    def __init__(self, seed: int) -> None:
        self._state = mix_scalar(seed + 1)

    def below(self, limit: int) -> int:
        """Return a whole number from 0 to `limit` - 1."""
        self._state = mix_scalar(self._state + 1)
        return self._state % limit

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of the choices."""
        return choices[self.below(len(choices))]


WORDS: Final[tuple[Any, ...]] = (
    *("", "x", "99:99:99", "25:00:00", "1e999", "\x00", "\x1b[31m", "../../../etc/passwd", "x" * 5000, "2023-02-30"),
    *(-1, 0, 7, 2**31, 2**63, 10**400, 1.5, 1e308, float("nan"), float("inf")),
    *(None, True, [], [[]], {}, {"a": {}}, ["x"] * 3),
)
"""What stands in a receipt where something else belongs."""

VALUES: Final[dict[str, tuple[Any, ...]]] = {
    "text": ("", "99:99:99", "24:00:00", "\x00", "\n", "|", "é" * 16, "x" * 70_000, "-5", "g" * 32),
    "float64": (float("nan"), float("inf"), -float("inf"), 1e308, -1e300, 0.001, 99.999, -0.0, 1e11),
    "int": (-128, 127, 7, -1),
    "date": (date.min, date.max, date(1969, 12, 31), date(2024, 2, 29)),
}


def flip_byte(directory: Path, draws: Draws) -> None:
    """Change a byte of any file."""
    flip_byte_of(draws.pick([*data_files(directory), directory / RECEIPT]), draws)


def flip_footer(directory: Path, draws: Draws) -> None:
    """Change a byte of what a Parquet file says of itself."""
    path = draws.pick(data_files(directory))
    content = bytearray(path.read_bytes())
    content[-1 - draws.below(min(len(content), 2500))] ^= 1 + draws.below(255)
    path.write_bytes(content)


def cut(directory: Path, draws: Draws) -> None:
    """Cut a file short."""
    cut_file(draws.pick([*data_files(directory), directory / RECEIPT]), draws)


def change_columns(directory: Path, draws: Draws) -> None:
    """Take a column away, give it another name, or write it twice."""
    path = draws.pick(data_files(directory))
    table = pq.ParquetFile(path).read()
    place = draws.below(table.num_columns)
    name = table.column_names[place]
    changed: tuple[Callable[[], pa.Table], ...] = (
        lambda: table.remove_column(place),
        lambda: table.rename_columns([f"{n}_" if n == name else n for n in table.column_names]),
        lambda: table.append_column(name, table.column(place)),
        lambda: table.append_column(name.upper(), table.column(place)),
        lambda: table.select([]),
        lambda: table.slice(0, 0),
    )
    pq.write_table(draws.pick(changed)(), path)


def change_type(directory: Path, draws: Draws) -> None:
    """Give a column a type that its values do not have."""
    path = draws.pick(data_files(directory))
    table = pq.ParquetFile(path).read()
    place, rows = draws.below(table.num_columns), table.num_rows
    others = (
        pa.array(range(rows), pa.int64()),
        pa.array(range(rows), pa.uint64()),
        pa.array([1.5] * rows),
        pa.array(["x"] * rows),
        pa.array(["x"] * rows, pa.large_string()),
        pa.array([b"\xff\xfe"] * rows),
        pa.array([True] * rows),
        pa.array([[1]] * rows),
        pa.array([{"a": 1}] * rows),
        pa.array([Decimal("1.23")] * rows),
        pa.array([date(2024, 1, 1)] * rows),
        pa.array([1] * rows, pa.timestamp("us")),
        pa.array([1] * rows, pa.time64("us")),
        pa.nulls(rows),
        pa.nulls(rows, pa.string()),
        pa.array(["x"] * rows).dictionary_encode(),
        pa.array([b"\xff\xfe"] * rows).cast(pa.binary()).view(pa.string()),
    )
    pq.write_table(table.set_column(place, table.column_names[place], draws.pick(others)), path)


def change_value(directory: Path, draws: Draws) -> None:
    """Write a value that nobody expects into a row, or into every row."""
    path = draws.pick(data_files(directory))
    table = pq.ParquetFile(path).read()
    place = draws.below(table.num_columns)
    field = table.schema.field(place)
    kind = {"string": "text", "double": "float64", "date32[day]": "date"}.get(str(field.type), "int")
    value, values = draws.pick((*VALUES[kind], None)), table.column(place).to_pylist()
    rows = range(len(values)) if draws.below(3) == 0 else [draws.below(max(len(values), 1))][: len(values)]
    for row in rows:
        values[row] = value
    array = pa.array(values, field.type)
    pq.write_table(table.set_column(place, pa.field(field.name, field.type), array), path)


def change_receipt(directory: Path, draws: Draws) -> None:
    """Put a word for a number and a number for a word, take a key away or add one."""
    change_json(directory / RECEIPT, draws)


def spoil_receipt(directory: Path, draws: Draws) -> None:
    """Write something that is no receipt at all."""
    spoil_json(directory / RECEIPT, draws)


def flip_byte_of(path: Path, draws: Draws) -> None:
    """Change a byte of a file."""
    content = bytearray(path.read_bytes())
    content[draws.below(len(content))] ^= 1 + draws.below(255)
    path.write_bytes(content)


def cut_file(path: Path, draws: Draws) -> None:
    """Cut a file short."""
    content = path.read_bytes()
    path.write_bytes(content[: draws.below(len(content))])


def change_json(path: Path, draws: Draws) -> None:
    """Change, add or take away one value of a JSON file."""
    document = json.loads(path.read_text(encoding="utf-8"))
    parent, key = draws.pick(list(_list_places(document)))
    if (kind := draws.below(8)) == 0:
        del parent[key]
    elif kind == 1 and isinstance(parent, dict):
        parent["another"] = draws.pick(WORDS)
    else:
        parent[key] = draws.pick(WORDS)
    path.write_text(json.dumps(document), encoding="utf-8")


def spoil_json(path: Path, draws: Draws) -> None:
    """Write something in the place of a JSON file that is none of its kind."""
    spoiled = (
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b"null",
        b"[]",
        b'{"parts": 1}',
        b"{}" * 2,
        b" " * (1 << 25),
        b"1e9999",
    )
    path.write_bytes(draws.pick(spoiled))


def _list_places(value: Any) -> list[tuple[Any, Any]]:
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [place for key in keys for place in ((value, key), *_list_places(value[key]))]


MUTATORS: Final[tuple[Callable[[Path, Draws], None], ...]] = (
    *(flip_byte, flip_footer, cut, change_columns, change_type, change_value, change_receipt, spoil_receipt),
)
