"""What became of attacks: counts, the table of them in the README beside this, and the file it is taken from."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.harness.results import describe_machine
from tests.support.checkout import ROOT

COMMAND = "VECGEN_ATTACKS=bench/results ./run_tests.sh tests/attacks -m heavy"
RESULTS = "attacks.json"


_ADVICE = re.compile(
    r"vecgen: (?:resume|start over|replace it|once it has ended, resume|keep the recorded options|write elsewhere).*"
    r" with vecgen (.*)"
)


def split_advice(error: str) -> tuple[list[str], list[str]]:
    """Return the lines of a message without notes and advice, and the words of the commands that it advises."""
    lines = [line for line in error.splitlines() if not line.startswith("vecgen: note: ")]
    advice = [line for line in lines if _ADVICE.fullmatch(line)]
    return [line for line in lines if line not in advice], [_ADVICE.sub(r"\1", line) for line in advice]


@dataclass
class Outcome:
    """How attacks of one kind ended.

    Attributes:
        attack: What was done, as the table says it.
        promise: What had to hold each time.
        injected: Attacks that hit: a signal to a process that had ended is none.
        lost: What went wrong, a text for each attack that did not hold.
        notes: How many ended in which way.
        peak: Largest resident memory of a command, in MiB; 0 where it was not measured.
    """

    attack: str
    promise: str
    injected: int = 0
    lost: list[str] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    peak: int = 0

    @property
    def held(self) -> int:
        """How many attacks left every promise true."""
        return self.injected - len(self.lost)

    def judge(self, name: str, faults: Iterable[str]) -> None:
        """Count an attack; it has held where there are no faults."""
        self.injected += 1
        if told := "; ".join(faults):
            self.lost.append(f"{name}: {told}")


def save(outcome: Outcome, directory: Path, seconds: float) -> None:
    """Put an outcome into the file of results, beside those of other attacks."""
    path = directory / RESULTS
    held = json.loads(path.read_text(encoding="utf-8"))["result"] if path.exists() else {}
    row = {
        "promise": outcome.promise,
        "injected": outcome.injected,
        "held": outcome.held,
        "lost": outcome.lost,
        "notes": dict(sorted(outcome.notes.items())),
        "peak_mebibytes": outcome.peak or None,
        "seconds": round(seconds, 1),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "commit": _read_commit(),
    }
    result = dict(sorted({**held, outcome.attack: row}.items()))
    content = {"command": COMMAND, "on": describe_machine(), "result": result}
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def run_and_keep(attack: Callable[[], Outcome]) -> Outcome:
    """Run an attack; where VECGEN_ATTACKS names a directory, save what became of it there."""
    begun = time.monotonic()
    outcome = attack()
    if directory := os.environ.get("VECGEN_ATTACKS"):
        save(outcome, ROOT / directory, time.monotonic() - begun)
    return outcome


def format_rows(result: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the lines of the table, in the order of the attacks' names."""
    return [
        f"| {attack} | {row['injected']:,} | {row['held']:,} | {len(row['lost'])} | {_format_notes(row)} |"
        for attack, row in sorted(result.items())
    ]


def _format_notes(row: Mapping[str, Any]) -> str:
    notes = [f"{note} {count:,}" for note, count in row["notes"].items() if count]
    peak = row["peak_mebibytes"]
    return ", ".join([*notes, f"at most {peak} MiB"] if peak else notes)


def _read_commit() -> str | None:
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None
