"""Files as the original's command line writes them: its names, its lines, the rows of the same request."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.datasets import list_tree, read_lines
from vecgen.errors import InputError, OutputError
from vecgen.io.reader import digest_dataset
from vecgen.io.schema import COLUMNS, CUSTOMER_COLUMNS
from vecgen.plan.plan import Plan, compile_plan
from vecgen.records.receipt import Receipt
from vecgen.run.export import sparkov_files
from vecgen.run.export.sparkov_files import list_pieces, write_sparkov

Dataset = tuple[Path, Receipt]


class _Source:
    def __init__(self, count: int) -> None:
        self.count = count


@pytest.mark.parametrize(
    ("count", "processes", "first", "last", "number"),
    [
        (1000, 2, "000-199", "800-999", 5),
        (10, 8, "0-1", "8-9", 5),
        (3, 1, "0-0", "2-2", 3),
        (7000, 2, "0000-2999", "6000-6999", 3),
        (7000, 4, "0000-0999", "6000-6999", 7),
    ],
)
def test_chunks_are_those_of_the_original(
    count: int, processes: int, first: str, last: str, number: int, plan: Plan
) -> None:
    source: Any = _Source(count)
    names = [piece.name for piece in list_pieces(replace(plan, source=source), processes)]
    profiles = [profile.name for profile in plan.tables.profiles]
    assert len(names) == number * len(profiles)
    assert names[::number] == [f"{name}_{first}.csv" for name in profiles]
    assert names[number - 1 :: number] == [f"{name}_{last}.csv" for name in profiles]


def test_rows_are_those_of_the_same_request(plan: Plan, parquet: Dataset, tmp_path: Path) -> None:
    written = write_sparkov(plan, tmp_path / "o")
    digests = {name: str(digest) for name, digest in digest_dataset(tmp_path / "o").items()}
    assert digests == {name: parquet[1].parts[name].digest for name in ("transactions", "customers")}
    assert (written.customers, written.rows) == (60, parquet[1].parts["transactions"].rows)
    files = list_tree(tmp_path / "o")
    assert written.files == len(files)
    for name in files:
        header, *lines = read_lines(tmp_path / "o" / name)
        columns = CUSTOMER_COLUMNS if name == "customers.csv" else COLUMNS
        assert header == [column.name for column in columns]
        assert lines
        if name != "customers.csv":
            profile = name[: name.rindex("_")]
            assert {line[header.index("profile")] for line in lines} == {f"{profile}.json"}
            assert re.fullmatch(r"\w+_\d\d-\d\d\.csv", name)


def test_processes_and_groups_change_nothing(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_sparkov(plan, tmp_path / "one")
    monkeypatch.setattr(sparkov_files, "_AT_ONCE", 5)
    write_sparkov(plan, tmp_path / "few")
    write_sparkov(plan, tmp_path / "two", processes=2)
    for name in ("few", "two"):
        assert list_tree(tmp_path / name) == list_tree(tmp_path / "one")
        for file in list_tree(tmp_path / "one"):
            assert (tmp_path / name / file).read_bytes() == (tmp_path / "one" / file).read_bytes()


def test_customers_of_a_file_stay_where_they_are(plan: Plan, tmp_path: Path) -> None:
    write_sparkov(plan, tmp_path / "drawn")
    listed = compile_plan(replace(plan.request, customers_file=tmp_path / "drawn" / "customers.csv"))
    write_sparkov(listed, tmp_path / "listed")
    assert set(list_tree(tmp_path / "drawn")) - set(list_tree(tmp_path / "listed")) == {"customers.csv"}
    own, theirs = (digest_dataset(tmp_path / name)["transactions"] for name in ("drawn", "listed"))
    assert own == theirs


def test_what_fails_leaves_nothing(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match="processes: got 0"):
        write_sparkov(plan, tmp_path / "o", processes=0)
    monkeypatch.setattr(sparkov_files, "_write_piece", fail)
    with pytest.raises(OutputError, match=r"cannot be written .No space left on device"):
        write_sparkov(plan, tmp_path / "o")
    assert list_tree(tmp_path) == []
    (tmp_path / "o").mkdir()
    (tmp_path / "o" / "customers.csv").touch()
    with pytest.raises(OutputError, match="already exists; remove it or name another directory"):
        write_sparkov(plan, tmp_path / "o")
    assert list_tree(tmp_path) == ["o", "o/customers.csv"]
