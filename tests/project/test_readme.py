"""The README tells the truth about columns and options; its Python runs as it stands, on fewer customers and days."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.matrix.readers import ICEBERG, READERS
from tests.support.checkout import ROOT
from vecgen.cli.options import add_customer_options, add_model_options, add_output_options, add_slice_options
from vecgen.cli.parser import make_parser
from vecgen.io.schema import COLUMNS
from vecgen.records.receipt import Receipt

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
READING = next(block for block in BLOCKS if "read_parquet" in block)
SMALLER = {"100_000": "20", "customers=1000": "customers=20", "2024-06-30": "2024-01-31", "2023-12-31": "2023-01-14"}


def run_block(block: str, names: dict[str, Any], **replaced: str) -> None:
    """Run a block of the README with texts replaced, and keep the names it makes in `names`."""
    for text, other in {**SMALLER, **replaced}.items():
        block = block.replace(text, other)
    exec(compile(block, "README.md", "exec"), names)


def test_the_table_of_columns_is_the_schema() -> None:
    for column in COLUMNS:
        assert f"| `{column.name}` | {column.type} | {column.meaning} | {column.unit} |" in README


def test_every_option_stands_in_the_readme() -> None:
    parser = make_parser("test", "")
    add_customer_options(parser, with_file=True)
    add_model_options(parser)
    add_output_options(parser)
    add_slice_options(parser)
    options = {option for action in parser._actions for option in action.option_strings if option.startswith("--")}
    missing = {option for option in options - {"--help", "--version"} if not re.search(rf"`{option}\b", README)}
    assert missing == set()


def test_the_table_of_readers_names_those_of_the_matrix() -> None:
    lines = [line.lower() for line in README[README.index("| reader |") :].partition("\n\n")[0].splitlines()]
    for reader in READERS:
        assert any(reader.name in line and reader.version in line for line in lines), reader
    assert any(line.startswith("| iceberg") and ICEBERG[0] in line for line in lines)


def test_links_lead_to_files_and_headings() -> None:
    headings = {
        re.sub(r"[^\w\- ]", "", line).lower().replace(" ", "-") for line in re.findall(r"^#+ (.*)", README, re.M)
    }
    for target in re.findall(r"\]\(([^)]+)\)", README):
        if target.startswith("#"):
            assert target[1:] in headings
        elif "://" not in target:
            assert (ROOT / target).exists(), target


@pytest.mark.parametrize("pattern", ["*.md", "tests/**/README.md", "vecgen/**/*.py", "bench/**/*.py", "tests/**/*.py"])
def test_paths_in_texts_exist(pattern: str) -> None:
    path = re.compile(
        r"(?<![\w/])(?:vecgen|tests|bench|spark_jobs|profiles|demographic_data)/[a-z0-9_/]+\.(?:py|md|csv)\b"
    )
    found = [(file, p) for file in ROOT.glob(pattern) for p in path.findall(file.read_text(encoding="utf-8"))]
    assert [(str(file), p) for file, p in found if not (ROOT / p).exists()] == []
    assert found


def test_its_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names: dict[str, Any] = {}
    tables, files = (block for block in BLOCKS if "spark" not in block)
    run_block(tables, names)
    assert names["customers"].num_rows == 20
    assert list(names["frame"]) == ["ssn", "unix_time", "amt", "is_fraud"]
    assert names["batch"].num_columns == 26
    monkeypatch.chdir(tmp_path)
    run_block(files, names)
    assert names["certificate"].holds
    assert names["page"] == Path("cards/_report/index.html")
    assert names["page"].exists()


def test_its_readers_read(parquet: tuple[Path, Receipt]) -> None:
    rows = parquet[1].parts["transactions"].rows
    pandas, lazy, relation, _ = READING.replace("laptop", str(parquet[0])).splitlines()
    names = {name: pytest.importorskip(name) for name in ("pandas", "polars", "duckdb")}
    columns = {column.name for column in COLUMNS} | {"year", "month", "profile_group"}
    frame = eval(pandas, names)
    assert (len(frame), set(frame.columns)) == (rows, columns)
    collected = eval(lazy, names).collect()
    assert (collected.height, set(collected.columns)) == (rows, columns)
    found = eval(relation, names)
    assert (found.count("*").fetchall(), set(found.columns)) == ([(rows,)], columns)


@pytest.mark.spark
@pytest.mark.slow
def test_its_spark_runs(spark: SparkSession, tmp_path: Path, parquet: tuple[Path, Receipt]) -> None:
    names: dict[str, Any] = {"spark": spark}
    line = READING.replace("laptop", str(parquet[0])).splitlines()[-1]
    assert eval(line, names).count() == parquet[1].parts["transactions"].rows
    first, source, stream = (block for block in BLOCKS if "spark" in block and block != READING)
    run_block(first, names)
    assert names["frame"].columns == [column.name for column in COLUMNS]
    run_block(source, names)
    rows = names["frame"].count()
    assert names["frame"].columns == ["trans_date", "amt", "is_fraud"]
    assert names["customers"].count() == 20
    lake, checkpoint = str(tmp_path / "lake"), str(tmp_path / "checkpoint")  # Spark's directory is the session's
    run_block(stream, names, **{'"lake"': repr(lake), '"checkpoint"': repr(checkpoint)})
    assert names["query"].awaitTermination(300)
    assert spark.read.parquet(lake).count() == rows > 0
