"""The random bits under a public battery: TestU01's SmallCrush and Crush, along an index and across customers.

`python -m bench bits` needs a C compiler and TestU01 (Debian: libtestu01-0-dev, in non-free). SmallCrush takes half
a minute a stream, Crush about an hour. `python -m bench.studies.bits STREAM` writes the endless stream to standard
output, for any other battery that reads one (`| dieharder -a -g 200`, `| RNG_test stdin64`).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.harness.command import Command, add_names_option
from bench.harness.measure import RunError
from bench.harness.results import ROOT, merge
from vecgen.sampling.arrays import U64
from vecgen.sampling.rng import derive_keys, draw_words, start_counters

SEED: Final = 42
BATTERIES: Final = {"small": "SmallCrush", "crush": "Crush"}
_BLOCK: Final = 1 << 15
_PURPOSES: Final = 6  # words of a transaction
_SUMMARY: Final = re.compile(r"=+ Summary results of (.*?) =+(.*)", re.DOTALL)
_SUSPECT: Final = re.compile(r"^ *(\d+) +(\S.*?) {2,}(\S.*?) *$", re.MULTILINE)


def along_index(block: int) -> U64:
    """Return one word of each of the block's rows of one customer."""
    return _rows_of_one_customer(block, 1)


def along_rows(block: int) -> U64:
    """Return all words of each of the block's rows of one customer, in the order in which a row uses them."""
    return _rows_of_one_customer(block, _PURPOSES)


def across_customers(block: int) -> U64:
    """Return one word of the first row of each of the block's customers, whose ids follow one another."""
    ids = np.arange(block * _BLOCK, (block + 1) * _BLOCK)
    keys = derive_keys(SEED, 0, ids)
    return draw_words(keys, start_counters(keys, np.zeros_like(ids)), 0)


def across_cases(block: int) -> U64:
    """Return the words of the stream that decides rate and travel of each of the block's customers.

    Those that decide a period's fraud come from a stream of the same form, under another root.
    """
    ids = np.arange(block * _BLOCK, (block + 1) * _BLOCK)
    keys = derive_keys(SEED, 3, ids)
    start = start_counters(keys, np.zeros_like(ids))
    return np.stack([draw_words(keys, start, purpose) for purpose in range(_PURPOSES)], axis=1).ravel()


STREAMS: Final[dict[str, Callable[[int], U64]]] = {
    "index": along_index,
    "rows": along_rows,
    "customers": across_customers,
    "cases": across_cases,
}


def write_stream(name: str) -> None:
    """Write the 64-bit words of a stream, lowest byte first, until the reader has enough."""
    try:
        for words in _blocks(name):
            os.write(1, words.astype("<u8").tobytes())
    except BrokenPipeError:
        os.close(1)


def measure_bits(
    battery: str, streams: list[str], directions: list[str], keep: Callable[[dict[str, Any]], object]
) -> list[dict[str, Any]]:
    """Return what a battery ("small" or "crush") says of each stream; each outcome goes to `keep` when it is there.

    Raises:
        RunError: No compiler or no TestU01.
        subprocess.CalledProcessError: A battery that failed to run.
    """
    outcomes = []
    with tempfile.TemporaryDirectory() as scratch:
        program = Path(scratch) / "testu01"
        _compile_batteries(program)
        for stream in streams:
            for direction in directions:
                text = _run_battery(program, battery, stream, direction)
                outcome = {"stream": stream, "bits": direction, **read_summary(text)}
                outcomes.append(outcome)
                keep(outcome)
    return outcomes


def _compile_batteries(program: Path) -> None:
    source = Path(__file__).with_name("testu01.c")
    libraries = ["-ltestu01", "-ltestu01probdist", "-ltestu01mylib", "-lm"]
    command = ["cc", "-O2", "-I/usr/include/testu01", "-o", str(program), str(source), *libraries]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except FileNotFoundError:
        raise RunError("no C compiler `cc` on PATH, which TestU01's batteries need; install one") from None
    except subprocess.CalledProcessError as error:
        reason = error.stderr.partition("\n")[0] or f"exit status {error.returncode}"
        remedy = "install it (Debian: libtestu01-0-dev, in non-free)"
        raise RunError(f"cc does not find TestU01 ({reason}); {remedy}") from None


def read_summary(text: str) -> dict[str, Any]:
    """Return battery, number of statistics and suspect tests (p outside 0.001..0.999) of TestU01's report.

    Raises:
        ValueError: A report without summary.
    """
    found = _SUMMARY.search(text)
    if found is None:
        raise ValueError("TestU01 printed no summary")
    body = found[2]
    statistics = re.search(r"Number of statistics: +(\d+)", body)
    suspects = [] if "All tests were passed" in body else _SUSPECT.findall(body.partition("Test")[2])
    return {
        "battery": found[1].strip(),
        "statistics": int(statistics[1]) if statistics else 0,
        "suspects": [{"test": f"{number} {name}", "p": p} for number, name, p in suspects],
    }


def _rows_of_one_customer(block: int, purposes: int) -> U64:
    index = np.arange(block * _BLOCK, (block + 1) * _BLOCK)
    keys = derive_keys(SEED, 0, np.array([12_345])).take(np.zeros_like(index))
    start = start_counters(keys, index)
    return np.stack([draw_words(keys, start, purpose) for purpose in range(purposes)], axis=1).ravel()


def _blocks(name: str) -> Iterator[U64]:
    block = 0
    while True:
        yield STREAMS[name](block)
        block += 1


def _run_battery(program: Path, battery: str, stream: str, direction: str) -> str:
    command = [sys.executable, "-m", "bench.studies.bits", stream]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as writer:
        report = subprocess.run(
            [program, battery, f"vecgen {stream}", direction],
            stdin=writer.stdout,
            capture_output=True,
            text=True,
            check=True,
        )
        writer.terminate()
    return report.stdout


def _add_options(parser: ArgumentParser) -> None:
    parser.add_argument("--battery", choices=BATTERIES, default="small", help="(small)")
    add_names_option(parser, "--streams", list(STREAMS))
    add_names_option(parser, "--bits", ["forward", "reversed"])


def _run(options: Namespace) -> None:
    def keep(outcome: dict[str, Any]) -> None:
        print(json.dumps(outcome))
        merge("bits", "{battery}, {stream}, {bits}".format(**outcome), outcome, options.results)

    measure_bits(options.battery, options.streams, options.bits, keep)


COMMAND: Final = Command(_add_options, _run)


if __name__ == "__main__":
    write_stream(sys.argv[1])
