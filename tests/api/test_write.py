"""Datasets written by a call: those of the command, whole or in parts."""

from __future__ import annotations

from pathlib import Path

import pytest

import vecgen
from vecgen.cli.keywords import RequestKeywords
from vecgen.errors import OutputError
from vecgen.records.receipt import Receipt

Dataset = tuple[Path, Receipt]


def test_a_dataset_is_estimated_and_written(
    asked: RequestKeywords, parquet: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "o"
    assert vecgen.estimate_dataset(output=output, **asked).customers == 60
    assert not output.exists()
    receipt = vecgen.write_dataset(output=output, partition_by=["month"], max_file_size="1MiB", quiet=True, **asked)
    assert {name: part.digest for name, part in receipt.parts.items()} == {
        name: part.digest for name, part in parquet[1].parts.items()
    }
    with pytest.raises(OutputError, match=r"^output: .* pass overwrite=True to replace it"):
        vecgen.write_customers(output=output, **asked)
    assert capsys.readouterr().out == ""


def test_parts_are_written_alone(asked: RequestKeywords, parquet: Dataset, tmp_path: Path) -> None:
    for write, names in (
        (vecgen.write_customers, {"customers"}),
        (vecgen.write_transactions, {"transactions", "fraud_cases"}),
    ):
        receipt = write(output=tmp_path / write.__name__, quiet=True, **asked)
        assert {name: part.digest for name, part in receipt.parts.items()} == {
            name: parquet[1].parts[name].digest for name in names
        }
