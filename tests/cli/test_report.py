"""The command `report`: the page it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from vecgen.cli.main import main
from vecgen.records.receipt import Receipt


def test_the_page_is_named_with_the_verdict(
    parquet: tuple[Path, Receipt], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    directory, receipt = parquet
    output = tmp_path / "page"
    assert main(["report", str(directory), "--output", str(output), "--processes", "1", "--quiet"]) == 0
    page = output / "index.html"
    assert page.is_file()
    assert capsys.readouterr().out.startswith(f"{page}: {receipt.parts['transactions'].rows:,} transactions, ")
