"""The command `split`: what it says of each part."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.support.datasets import list_tree
from vecgen.cli.main import main
from vecgen.records.receipt import Receipt


def test_split_says_what_each_part_holds(
    parquet: tuple[Path, Receipt], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, words = tmp_path / "parts", ["split", str(parquet[0]), "--train-until", "2023-12-31", "--quiet"]
    assert main([*words[:-1], "--test-from", "2024-01-08", "--disjoint-customers", "0.5", "--output", str(output)]) == 0
    rows = [pq.read_table(output / name) for name in ("train", "test")]
    for line, name, part in zip(capsys.readouterr().out.splitlines(), ("train", "test"), rows, strict=True):
        frauds, customers = (
            len(set(part.filter(pc.field("is_fraud") == 1)["trans_num"].to_pylist())),
            len(set(part["ssn"].to_pylist())),
        )
        expected = f"{part.num_rows:,} transactions, {frauds:,} of them fraudulent, of {customers:,} customers"
        assert line == f"{output / name}: {expected}"
    assert main([*words, "--output", str(tmp_path / "other")]) == 2
    assert main([*words, "--test-from", "2023-12-31", "--output", str(tmp_path / "other")]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert errors[0] == "vecgen: --test-from: got None, expected a date, YYYY-MM-DD"
    assert errors[1] == "vecgen: --test-from: got '2023-12-31', expected a date after --train-until (2023-12-31)"
    assert list_tree(tmp_path)[0] == "parts"
    assert not (tmp_path / "other").exists()
