"""The random bits under a public battery: TestU01's SmallCrush and Crush, along an index, across customers, cases, seeds.

Needs a C compiler and TestU01, a development tool that `run_tests.sh` does without (Debian, section non-free, whose
terms deserve a look: `apt-get install gcc libtestu01-0-dev`).

* `python -m bench.bits run` puts streams under a battery, keeps `bits.json` and each summary as the battery printed it,
  and repeats suspect tests with the next seed. SmallCrush takes half a minute a stream, Crush half an hour to an hour.
  `python -m bench bits` does the same, but neither keeps the battery's own words nor repeats anything.
* `python -m bench.bits write STREAM [--bytes N]` writes 64-bit words, lowest byte first, for any other battery that
  reads them (`| dieharder -a -g 200`, `| RNG_test stdin64`); `write` may be left out.

TestU01 reads 32-bit words: the low half of each word, then its high half.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from bench.results import RESULTS, merge
from vecgen.streams import U64, Keys, derive_keys, draw_words, start_counters

SEED: Final = 42
BATTERIES: Final = {"small": "SmallCrush", "crush": "Crush"}
DIRECTIONS: Final = ("forward", "reversed")
_BLOCK: Final = 1 << 15
_PURPOSES: Final = 6  # words of a transaction
_CUSTOMER: Final = 12_345  # whose rows are looked at
_SUMMARY: Final = re.compile(r"=+ Summary results of (.*?) =+(.*)", re.DOTALL)
_SUSPECT: Final = re.compile(r"^ *(\d+) +(\S.*?) {2,}(\S.*?) *$", re.MULTILINE)


class Stream(Protocol):
    """Words in an order of their own, block by block."""

    def __call__(self, block: int, seed: int = SEED) -> U64:
        """Return the words of one block."""


def along_index(block: int, seed: int = SEED) -> U64:
    """Return one word of each of the block's rows of one customer."""
    return _rows_of_one_customer(block, seed, 1)


def along_rows(block: int, seed: int = SEED) -> U64:
    """Return all words of each of the block's rows of one customer, in the order of their purposes."""
    return _rows_of_one_customer(block, seed, _PURPOSES)


def across_customers(block: int, seed: int = SEED) -> U64:
    """Return one word of the first row of each of the block's customers, whose ids follow one another."""
    keys = derive_keys(seed, 0, _numbers(block))
    return draw_words(keys, _first_rows(keys), 0)


def across_cases(block: int, seed: int = SEED) -> U64:
    """Return the words that decide rate, travel and fraud of each of the block's customers."""
    keys = derive_keys(seed, 3, _numbers(block))
    return _interleave(keys, _first_rows(keys), _PURPOSES)


def across_seeds(block: int, seed: int = SEED) -> U64:
    """Return one word of the same row of the same customer under 32,768 seeds in a row; each block is another row."""
    keys = _keys_of_seeds(seed)
    return draw_words(keys, start_counters(keys, np.full(_BLOCK, block)), 0)


STREAMS: Final[dict[str, Stream]] = {
    "index": along_index,
    "rows": along_rows,
    "customers": across_customers,
    "cases": across_cases,
    "seeds": across_seeds,
}


def write_stream(name: str, seed: int = SEED, size: int | None = None) -> None:
    """Write the 64-bit words of a stream, lowest byte first: `size` bytes, or until the reader has enough."""
    left = sys.maxsize if size is None else size
    try:
        for words in _blocks(name, seed):
            data = words.astype("<u8").tobytes()[:left]
            os.write(1, data)
            left -= len(data)
            if left == 0:
                return
    except BrokenPipeError:
        os.close(1)


def measure_bits(
    battery: str,
    streams: list[str],
    directions: list[str],
    keep: Callable[[dict[str, Any]], object],
    seed: int = SEED,
) -> list[dict[str, Any]]:
    """Return what a battery ("small" or "crush") says of each stream; each outcome goes to `keep` when it is there.

    Raises:
        subprocess.CalledProcessError: No compiler, no TestU01, or a battery that failed to run.
    """
    outcomes = []
    with tempfile.TemporaryDirectory() as scratch:
        program = compile_driver(Path(scratch))
        for stream in streams:
            for direction in directions:
                outcome = _describe(stream, direction, seed, _run(program, battery, stream, direction, seed))
                outcomes.append(outcome)
                keep(outcome)
    return outcomes


def record_bits(battery: str, streams: list[str], directions: list[str], results: Path, seed: int = SEED) -> None:
    """Put streams under a battery, keep every outcome in `results`, and repeat suspect tests with the next seed.

    Raises:
        subprocess.CalledProcessError: No compiler, no TestU01, or a battery that failed to run.
    """
    with tempfile.TemporaryDirectory() as scratch:
        program = compile_driver(Path(scratch))
        for stream in streams:
            for direction in directions:
                text = _run(program, battery, stream, direction, seed)
                outcome = _describe(stream, direction, seed, text)
                _keep(outcome, text, results)
                if tests := [suspect["test"].split()[0] for suspect in outcome["suspects"]]:
                    text = _run(program, battery, stream, direction, seed + 1, tests)
                    _keep({**_describe(stream, direction, seed + 1, text), "only_tests": tests}, text, results)


def compile_driver(directory: Path) -> Path:
    """Compile `testu01.c` into a directory and return the program.

    Raises:
        subprocess.CalledProcessError: No TestU01.
    """
    program = directory / "testu01"
    source = Path(__file__).with_name("testu01.c")
    libraries = ["-ltestu01", "-ltestu01probdist", "-ltestu01mylib", "-lm"]
    subprocess.run(["cc", "-O2", "-I/usr/include/testu01", "-o", str(program), str(source), *libraries], check=True)
    return program


def read_summary(text: str) -> dict[str, Any]:
    """Return battery, number of statistics and suspect tests (p outside 0.001..0.999) of TestU01's report.

    Raises:
        ValueError: A report without summary.
    """
    found = _find_summary(text)
    body = found[2]
    statistics = re.search(r"Number of statistics: +(\d+)", body)
    suspects = [] if "All tests were passed" in body else _SUSPECT.findall(body.partition("Test")[2])
    return {
        "battery": found[1].strip(),
        "statistics": int(statistics[1]) if statistics else 0,
        "suspects": [{"test": f"{number} {name}", "p": p} for number, name, p in suspects],
    }


def shorten_report(text: str) -> str:
    """Return the summary of TestU01's report, word for word.

    Raises:
        ValueError: A report without summary.
    """
    return _find_summary(text)[0].rstrip() + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Write a stream, or run a battery and keep what it says."""
    given = sys.argv[1:] if arguments is None else arguments
    options = _make_parser().parse_args(["write", *given] if given and given[0] in STREAMS else given)
    options.run(options)
    return 0


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.bits", description="Random bits for, and under, a battery.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    write = commands.add_parser("write", help="64-bit words on standard output, lowest byte first")
    write.add_argument("stream", choices=STREAMS, metavar="STREAM", help=f"one of {','.join(STREAMS)}")
    write.add_argument("--bytes", type=int, metavar="N", help="(without end)")
    write.set_defaults(run=lambda options: write_stream(options.stream, options.seed, options.bytes))
    run = commands.add_parser("run", help="put streams under a battery of TestU01")
    run.add_argument("--battery", choices=BATTERIES, default="small", help="(small)")
    run.add_argument("--streams", default=",".join(STREAMS), metavar="NAMES", help=f"some of {','.join(STREAMS)}")
    run.add_argument("--bits", default=",".join(DIRECTIONS), metavar="ORDERS", help=f"({','.join(DIRECTIONS)})")
    run.add_argument("--results", type=Path, default=RESULTS, metavar="DIR")
    run.set_defaults(run=_record)
    for command in (write, run):
        command.add_argument("--seed", type=int, default=SEED, metavar="N", help=f"({SEED})")
    return parser


def _record(options: argparse.Namespace) -> None:
    streams, directions = options.streams.split(","), options.bits.split(",")
    record_bits(options.battery, streams, directions, options.results, options.seed)


def _describe(stream: str, direction: str, seed: int, text: str) -> dict[str, Any]:
    return {"stream": stream, "bits": direction, "seed": seed, **read_summary(text)}


def _keep(outcome: dict[str, Any], text: str, results: Path) -> None:
    parts = [outcome["battery"], outcome["stream"], outcome["bits"]]
    if outcome["seed"] != SEED:
        parts.append(f"seed {outcome['seed']}")
    if "only_tests" in outcome:
        parts.append("repeat")
    print(json.dumps(outcome), flush=True)
    merge("bits", ", ".join(parts), outcome, results)
    name = "-".join(parts).replace(" ", "").lower()
    (results / f"bits-{name}.txt").write_text(shorten_report(text), encoding="utf-8")


def _find_summary(text: str) -> re.Match[str]:
    found = _SUMMARY.search(text)
    if found is None:
        raise ValueError("TestU01 printed no summary")
    return found


def _numbers(block: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.arange(block * _BLOCK, (block + 1) * _BLOCK)


def _first_rows(keys: Keys) -> U64:
    return start_counters(keys, np.zeros(len(keys.weyl), dtype=np.int64))


def _rows_of_one_customer(block: int, seed: int, purposes: int) -> U64:
    index = _numbers(block)
    keys = derive_keys(seed, 0, np.array([_CUSTOMER])).take(np.zeros_like(index))
    return _interleave(keys, start_counters(keys, index), purposes)


def _interleave(keys: Keys, start: U64, purposes: int) -> U64:
    return np.stack([draw_words(keys, start, purpose) for purpose in range(purposes)], axis=1).ravel()


@functools.lru_cache(maxsize=1)
def _keys_of_seeds(first: int) -> Keys:
    customer = np.array([_CUSTOMER])
    keys = [derive_keys(seed, 0, customer) for seed in range(first, first + _BLOCK)]
    return Keys(np.concatenate([key.weyl for key in keys]), np.concatenate([key.inner for key in keys]))


def _blocks(name: str, seed: int) -> Iterator[U64]:
    block = 0
    while True:
        yield STREAMS[name](block, seed)
        block += 1


def _run(program: Path, battery: str, stream: str, direction: str, seed: int, tests: list[str] | None = None) -> str:
    command = [sys.executable, "-m", "bench.bits", "write", stream, "--seed", str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1]) as writer:
        report = subprocess.run(
            [program, battery, f"vecgen {stream}", direction, *(tests or [])],
            stdin=writer.stdout,
            capture_output=True,
            text=True,
            check=True,
        )
        writer.terminate()
    return report.stdout


if __name__ == "__main__":
    sys.exit(main())
