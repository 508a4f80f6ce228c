"""Odd data in each form that is read: a stated treatment or one line, never a traceback, nothing half-written."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.support.datasets import data_files, list_tree, read_rows
from tests.support.public_files import write_bars, write_public
from vecgen.cli.main import main
from vecgen.records.receipt import Receipt

Dataset = tuple[Path, Receipt]
Change = Callable[[pa.Table], pa.Table]


def _write_text(made: Path, directory: Path) -> Path:
    """Write one file as the original does, with bars."""
    directory.mkdir()
    rows = pq.read_table(made / "transactions" / "rows.parquet")
    texts = [column.cast(pa.string()).to_pylist() for column in rows.columns]
    lines = ["|".join(rows.column_names), *map("|".join, zip(*texts, strict=True))]
    (directory / "rows.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return directory


FORMS: dict[str, Callable[[Path, Path], Path]] = {
    "parquet": lambda made, _: made / "transactions",
    "public": write_public,
    "public with bars": write_bars,
    "csv": _write_text,
}
COMMANDS: dict[str, tuple[str, ...]] = {
    "fit": ("--output", "made", "--processes", "1", "--least-customers", "5"),
    "compare": ("--no-classifier", "--processes", "1"),
    "export": ("--output", "made"),
    "split": ("--output", "made", "--train-until", "2024-01-05", "--test-from", "2024-01-08"),
}


@pytest.fixture
def run(
    parquet: Dataset,
    profiles: Path,
    demographics: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., tuple[int, str, str]]:
    """Return a function that writes changed rows in a form and runs a command on them, in an empty directory."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")

    def run(command: str, form: str, change: Change) -> tuple[int, str, str]:
        made = tmp_path / "made" / "transactions"
        made.mkdir(parents=True)
        pq.write_table(change(read_rows(parquet[0])), made / "rows.parquet")
        data = [str(FORMS[form](made.parent, tmp_path / "data"))]
        told = ["--profiles", str(profiles)] if command in ("fit", "compare") else []
        told += ["--demographics", str(demographics)] if command == "fit" else []
        if command == "compare":
            data.append(str(parquet[0]))
        status = main([command, *data, *COMMANDS[command], *told])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def set_values(name: str, values: dict[int, Any]) -> Change:
    def change(rows: pa.Table) -> pa.Table:
        listed = rows[name].to_pylist()
        for row, value in values.items():
            listed[row] = value
        return rows.set_column(rows.column_names.index(name), name, pa.array(listed, rows[name].type))

    return change


def keep_one_customer(rows: pa.Table) -> pa.Table:
    number = pc.value_counts(rows["cc_num"].combine_chunks())
    largest = number.field(0)[pc.index(number.field(1), pc.max(number.field(1))).as_py()]
    return rows.filter(pc.equal(rows["cc_num"], largest))


def drop_two_days(rows: pa.Table) -> pa.Table:
    first = pc.min(rows["trans_date"]).as_py() + timedelta(days=9)
    return rows.filter(pc.invert(pc.is_in(rows["trans_date"], pa.array([first, first + timedelta(days=1)]))))


def repeat_ten(rows: pa.Table) -> pa.Table:
    return pa.concat_tables([rows, rows.slice(0, 10)])


ROWS = 10  # more or fewer than those of the dataset


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("command", COMMANDS)
def test_no_rows_are_one_line(command: str, form: str, run: Callable[..., tuple[int, str, str]]) -> None:
    status, out, err = run(command, form, lambda rows: rows.slice(0, 0))
    assert status == 2
    assert out == ""
    assert err.count("\n") == 1
    assert "no rows" in err or "no transactions" in err
    assert list_tree(Path()) == []


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("command", COMMANDS)
def test_an_empty_file_is_one_line(
    command: str, suffix: str, parquet: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    pq.write_table(read_rows(parquet[0]), data / "a.parquet")
    (data / f"b.{suffix}").write_bytes(b"")
    both = [str(data), str(parquet[0])] if command == "compare" else [str(data)]
    words = [str(tmp_path / word) if word.startswith("made") else word for word in COMMANDS[command]]
    assert main([command, *both, *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert f"b.{suffix}" in captured.err
    assert list_tree(tmp_path) == ["data", "data/a.parquet", f"data/b.{suffix}"]


@pytest.mark.parametrize("form", FORMS)
def test_a_fit_says_how_it_treats_odd_rows(form: str, run: Callable[..., tuple[int, str, str]]) -> None:
    amounts = set_values("amt", {3: -12.5, 5: 0.0})
    once = set_values("category", {7: "seen once"})
    status, _, err = run("fit", form, lambda rows: repeat_ten(once(amounts(drop_two_days(rows)))))
    assert (status, err.count("Traceback")) == (0, 0)
    said = json.loads(Path("made/fit.json").read_text(encoding="utf-8"))
    assert said["rows_left_out"] == {"amt": 4}  # those two, and once more each
    notes = "\n".join(said["notes"])
    assert "2 of 32 days have no rows" in notes
    assert "too few customers with 1 further categories; left out" in notes
    assert "transaction numbers and unix_time are not looked at" in notes


@pytest.mark.parametrize("form", FORMS)
def test_a_fit_of_one_customer_keeps_what_was_there(form: str, run: Callable[..., tuple[int, str, str]]) -> None:
    assert run("fit", form, keep_one_customer)[0] == 0
    said = json.loads(Path("made/fit.json").read_text(encoding="utf-8"))
    assert {own.get("kept", "") for own in said["profiles"].values()} <= {
        "fewer than 5 customers",
        "fewer than 5 customers are defrauded",
    }


@pytest.mark.parametrize("form", FORMS)
def test_a_comparison_leaves_faulty_rows_out_and_says_so(form: str, run: Callable[..., tuple[int, str, str]]) -> None:
    amounts = set_values("amt", {3: -12.5, 5: 0.0})
    once = set_values("category", {7: "seen once"})
    status, out, _ = run("compare", form, lambda rows: repeat_ten(once(amounts(drop_two_days(rows)))))
    assert status in (0, 1)
    assert "rows of A with a fault are left out: amt 4" in out


@pytest.mark.parametrize("form", FORMS)
def test_a_comparison_with_one_customer_does_not_decide(form: str, run: Callable[..., tuple[int, str, str]]) -> None:
    status, out, _ = run("compare", form, keep_one_customer)
    assert status == 2
    assert "UNDECIDED: too few customers" in out


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("command", ["export", "split"])
def test_files_of_another_layout_keep_every_row(
    command: str, form: str, parquet: Dataset, run: Callable[..., tuple[int, str, str]]
) -> None:
    odd = set_values("amt", {3: -12.5, 5: 0.0})
    assert run(command, form, lambda rows: repeat_ten(odd(rows)))[0] == 0
    if command == "export":
        lines = [line for path in data_files(Path("made")) for line in path.read_text(encoding="utf-8").splitlines()]
        assert len(lines) - 2 == parquet[1].parts["transactions"].rows + ROWS
        assert sum(",-12.50," in line or ",-12.5," in line for line in lines) == 2
    else:
        amounts = [value for path in data_files(Path("made")) for value in pq.read_table(path)["amt"].to_pylist()]
        rows = repeat_ten(odd(read_rows(parquet[0])))
        days = [day for day in rows["trans_date"].to_pylist() if not "2024-01-05" < str(day) < "2024-01-08"]
        assert len(amounts) == len(days)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("command", ["export", "split"])
def test_one_customer_is_written_like_many(command: str, form: str, run: Callable[..., tuple[int, str, str]]) -> None:
    status, _, err = run(command, form, keep_one_customer)
    assert (status, err) == (0, "") or command == "export"
    assert len(data_files(Path("made"))) == 2
