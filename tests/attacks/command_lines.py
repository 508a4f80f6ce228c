"""Command lines of words that nobody means: paths that are none, URLs with secrets, control characters, odd numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.attacks.mutants import Draws

SECRET: Final = "hush-7f3a"
"""What is never printed."""

# None that is a URL of a store: it would be asked for.
PLACES: Final = (
    *("-", "", " ", ".", "/", "~", "s3:/x", "s3://", "s3:///x", "file:x", "file:///x", "ftp://h/x", "C:\\data", "NUL"),
    *("\0", "a\0b", "\ud800", "x" * 300, "x" * 5000, "a/" * 3000, "\x1b[31m", "a\nb", "a\r", "\x07", "\u202e", "é日"),
    *("/dev/null", "/dev/zero", "/dev/full", "/proc/self/mem", "/nowhere/x", "pipe", "loop", "stranger"),
    *("stranger/notes.txt", "stranger/notes.txt/x", "../../../../etc/passwd", "s3://b/../x"),
)
SECRETS: Final = (
    *(f"s3://key:{SECRET}@b/x", f"s3://{SECRET}@b/x", f"s3a://k:{SECRET}@b", f"gs://k:{SECRET}@b/x"),
    *(f"abfs://u:{SECRET}@h/x", f"hdfs://u:{SECRET}@h/x", f"http://u:{SECRET}@h/x", f"https://h/x?token={SECRET}"),
    *(f"s3://b/x?secret_key={SECRET}", f"gs://b/x?access_token={SECRET}", f"s3:/k:{SECRET}@b/x", f"s3:k:{SECRET}@b/x"),
)
NUMBERS: Final = (
    *(
        "",
        " ",
        "0",
        "-1",
        "-0",
        "1e3",
        "1_000",
        "nan",
        "inf",
        "-inf",
        "٣",
        "0x10",
        "3.5",
        "9" * 90,
        "9" * 5000,
        str(1 << 64),
    ),
    *("2023-02-30", "0001-01-01", "9999-12-31", "2023-01-01..2022-01-01", "..", "1-", "-", "1,,2", "5-3", "year,year"),
    *("256XB", "-5MiB", "v9.9", "\x1b[31m", "a\nb", "None", "[]", "{}", "Mars/Olympus", "../zone"),
)
OPTIONS: Final = (
    *(
        "--customers",
        "--as-of",
        "--start",
        "--end",
        "--seed",
        "--fraud-rate",
        "--fraud-days",
        "--dependence",
        "--format",
    ),
    *("--partition-by", "--compression", "--encoding", "--max-file-size", "--max-records-per-file"),
    *(
        "--only-dates",
        "--batches",
        "--batch-rows",
        "--processes",
        "--table",
        "--law",
        "--time-zone",
        "--cusotmers",
        "--",
        "-x",
    ),
)
PATHS: Final = ("--output", "--profiles", "--demographics", "--customers-file", "--storage-options-file")
STORAGE: Final = (
    *(f"secret_key={SECRET}", f"secret_kye={SECRET}", f"SECRET_KEY={SECRET}", f"access_key={SECRET}", f"={SECRET}"),
    *(f"secret_key:{SECRET}", f"session_token={SECRET}", f"endpoint=http://k:{SECRET}@h"),
)


def draw_command(draws: Draws, request: Sequence[str], dataset: Path) -> list[str]:
    """Draw a command line that has something hostile in it; whatever would be right in it is small."""
    kind = draws.below(8)
    if kind == 0:
        return [draws.pick(("digest", "verify", "report")), draws.pick((*PLACES[3:], *SECRETS))]
    if kind == 1:
        return [draws.pick(("verify", "report")), str(dataset), "--quiet", *_draw_option(draws)]
    if kind == 2:
        place = draws.pick((*PLACES, *SECRETS))
        action = draws.pick(("check", "show", "new", "schema"))
        more = {"show": ["leftovers"], "new": ["--from", draws.pick(PLACES)], "schema": ["profile", "--output"]}
        before, after = (more[action], []) if action in ("show", "schema") else ([], more.get(action, []))
        return ["profiles", action, *before, place, *after]
    if kind == 3:
        return [draws.pick(("generate", "verify", "no", "", "\x1b[31m", f"--secret={SECRET}")), *_draw_option(draws)]
    output = draws.pick((*PLACES, *SECRETS)) if kind == 4 else "output/o"
    options = [word for _ in range(draws.below(3) + (kind > 4)) for word in _draw_option(draws)]
    command = draws.pick(("generate", "customers", "transactions"))
    small = [*request, "--quiet", "--output", output]
    if command == "customers":
        return [command, "--customers", "3", "--output", output, *options]
    return [command, *small, *options]


def _draw_option(draws: Draws) -> list[str]:
    kind = draws.below(4)
    if kind == 0:
        return ["--storage-option", draws.pick(STORAGE)]
    if kind == 1:
        return [draws.pick(PATHS), draws.pick((*PLACES, *SECRETS))]
    return [draws.pick(OPTIONS), draws.pick(NUMBERS)]
