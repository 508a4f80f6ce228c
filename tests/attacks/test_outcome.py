"""Counts of attacks, and the tables that show them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from bench.harness.results import RESULTS as DIRECTORY
from tests.attacks.outcome import COMMAND, RESULTS, Outcome, format_rows, save, split_advice
from tests.support.checkout import ROOT


def test_an_attack_with_a_fault_is_lost() -> None:
    outcome = Outcome("kills", "all stands")
    outcome.judge("first", [])
    outcome.judge("second", ["a file is left", "status 1"])
    assert (outcome.injected, outcome.held, outcome.lost) == (2, 1, ["second: a file is left; status 1"])


def test_outcomes_are_saved_beside_each_other_and_make_a_table(tmp_path: Path) -> None:
    first, second = Outcome("b", "stands"), Outcome("a", "stands", peak=1200)
    first.judge("1", ["no"])
    first.notes["overtaken"] += 1
    first.notes["late"] += 0
    for outcome in (first, second, second):
        save(outcome, tmp_path, 1.0)
    result = json.loads((tmp_path / RESULTS).read_text(encoding="utf-8"))["result"]
    assert format_rows(result) == ["| a | 0 | 0 | 0 | at most 1200 MiB |", "| b | 1 | 0 | 1 | overtaken 1 |"]


def test_a_message_is_what_is_no_note_and_no_advice() -> None:
    lines = ["vecgen: note: odd", "vecgen: --output: no", "vecgen: resume with vecgen generate --resume"]
    assert split_advice("\n".join(lines)) == ([lines[1]], ["generate --resume"])


def test_the_tables_are_what_was_counted() -> None:
    result = json.loads((DIRECTORY / RESULTS).read_text(encoding="utf-8"))["result"]
    details = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")
    assert [line for line in format_rows(result) if line not in details] == []
    assert COMMAND in details
    lost = {attack: len(row["lost"]) for attack, row in result.items() if row["lost"]}
    assert lost == {"runs killed on disk": 2}  # both files say why
    summary = (ROOT / "README.md").read_text(encoding="utf-8")
    for kind in ("runs killed", "runs paused", "hostile"):
        rows = [row for attack, row in result.items() if attack.startswith(kind)]
        injected, held, gone = (sum(numbers) for numbers in zip(*map(count_row, rows), strict=True))
        assert re.search(rf"^\| {kind}[^|]* \| {injected:,} \| {held:,} \| {gone} \|$", summary, re.M)


def count_row(row: dict[str, Any]) -> tuple[int, int, int]:
    return row["injected"], row["held"], len(row["lost"])
