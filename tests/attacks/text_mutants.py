"""Damaged CSV files: one change of a byte, a field, a line, the header, or of how they are encoded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.attacks.mutants import Draws, cut_file, flip_byte_of

FIELDS: Final = (
    *(
        "",
        " ",
        "-1",
        "99:99:99",
        "2023-02-30",
        "0001-01-01",
        "9999-12-31",
        "nan",
        "inf",
        "1e999",
        "1e-400",
        "0x10",
        "٣",
    ),
    *(
        "9" * 400,
        "x" * 70_000,
        "é" * 300,
        "\x00",
        "\x1b[31m",
        "\u202e",
        '"',
        '"a',
        "a,b",
        "\\",
        "=1+1",
        "../../x",
        "\ufeff",
    ),
)
"""What stands in a field where something else belongs."""

CONTENTS: Final = (
    b"",
    b"\n",
    b"\r\n" * 1000,
    b"|" * 100_000,
    b"PAR1" + b"\0" * 100 + b"PAR1",
    b"\x1f\x8b\x08" + b"\0" * 50,
    b"\0" * 10_000,
    b"\xff\xfe" + "ssn|cc_num".encode("utf-16-le"),
    b'{"ssn": "1"}',
)
"""What is no CSV file of ours at all."""


def change_field(path: Path, draws: Draws) -> None:
    """Write something unexpected into a field of any line, or of every line, or one field too many."""
    lines = _read(path)
    place = draws.below(max(len(lines[0]), 1))
    rows = range(1, len(lines)) if draws.below(4) == 0 else [draws.below(len(lines))]
    value = draws.pick(FIELDS)
    for row in rows:
        lines[row][place : place + draws.below(2)] = [value]
    _write(path, lines)


def change_header(path: Path, draws: Draws) -> None:
    """Take a name away, write it twice, spell it otherwise, or leave the header out."""
    lines = _read(path)
    place, header = draws.below(len(lines[0])), lines[0]
    changed: tuple[Callable[[], list[list[str]]], ...] = (
        lambda: [header[:place] + header[place + 1 :], *lines[1:]],
        lambda: [[*header, header[place]], *([*line, line[place % len(line)]] for line in lines[1:])],
        lambda: [[name.upper() if i == place else name for i, name in enumerate(header)], *lines[1:]],
        lambda: [[*header[:place], draws.pick(FIELDS), *header[place + 1 :]], *lines[1:]],
        lambda: [header[::-1], *lines[1:]],
        lambda: lines[1:] or [[]],
        lambda: [header],
    )
    _write(path, draws.pick(changed)())


def change_lines(path: Path, draws: Draws) -> None:
    """Repeat lines, lose one, or add what is none."""
    lines = _read(path)
    place = draws.below(len(lines))
    changed = (
        [*lines, *lines],
        lines[:place] + lines[place + 1 :],
        [*lines[:place], [draws.pick(FIELDS)], *lines[place:]],
        [*lines, lines[-1][:-1]],
        [*lines, [], [], lines[-1]],
    )
    _write(path, draws.pick(changed))


def change_encoding(path: Path, draws: Draws) -> None:
    """Write the same text in another way: line ends, separators, byte order marks, quotes, other alphabets."""
    text = path.read_text(encoding="utf-8")
    changed = (
        text.replace("\n", "\r\n").encode(),
        text.replace("\n", "\r").encode(),
        text.replace("|", draws.pick((",", ";", "\t", "||", " "))).encode(),
        b"\xef\xbb\xbf" + text.encode(),
        text.encode("utf-16"),
        text.replace("a", "é").encode("latin-1", "replace"),
        "\n".join("|".join(f'"{field}"' for field in line) for line in _read(path)).encode(),
        text.rstrip("\n").encode(),
        text.replace("\n", "\n\0").encode(),
    )
    path.write_bytes(draws.pick(changed))


def replace_content(path: Path, draws: Draws) -> None:
    """Write something else in the file's place."""
    path.write_bytes(draws.pick(CONTENTS))


def _read(path: Path) -> list[list[str]]:
    return [line.split("|") for line in path.read_text(encoding="utf-8").splitlines()]


def _write(path: Path, lines: list[list[str]]) -> None:
    path.write_text("".join("|".join(line) + "\n" for line in lines), encoding="utf-8")


TEXT_MUTATORS: Final[tuple[Callable[[Path, Draws], None], ...]] = (
    *(flip_byte_of, cut_file, change_field, change_field, change_header, change_lines, change_encoding),
    replace_content,
)
