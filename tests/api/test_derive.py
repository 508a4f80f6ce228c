"""Parts and other layouts of a dataset, by a call."""

from __future__ import annotations

from pathlib import Path

import vecgen
from vecgen.records.receipt import Receipt

Dataset = tuple[Path, Receipt]


def test_a_dataset_is_split(parquet: Dataset, tmp_path: Path) -> None:
    found = vecgen.split_dataset(
        parquet[0], output=tmp_path / "parts", train_until="2023-12-31", test_from="2024-01-08", quiet=True
    )
    assert sorted(path.name for path in (tmp_path / "parts").iterdir() if path.is_dir()) == ["test", "train"]
    assert 0 < found.test.rows < found.train.rows < parquet[1].parts["transactions"].rows


def test_files_of_another_layout_are_written(parquet: Dataset, tmp_path: Path) -> None:
    public = vecgen.export_dataset(parquet[0], output=tmp_path / "public", split_date="2024-01-01", quiet=True)
    assert public == tmp_path / "public"
    lines = [(public / f"{name}.csv").read_text(encoding="utf-8").count("\n") for name in ("fraudTrain", "fraudTest")]
    assert sum(lines) == parquet[1].parts["transactions"].rows + 2  # headers
