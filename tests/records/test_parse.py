"""Recorded values: every type, bound and name is checked before it is used."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from vecgen.config.json_value import JsonValue
from vecgen.errors import InputError, OutputError
from vecgen.records.parse import (
    check_move,
    check_receipt,
    check_records,
    check_run,
    read_recorded,
    read_recorded_lines,
    refuse_links,
)
from vecgen.records.receipt import RECEIPT, Receipt

RECORD = {
    "path": "transactions/a.parquet", "rows": 1, "bytes": 2, "checksum": "0" * 32, "digest": "f" * 32,
    "first_date": "2023-01-01", "last_date": None,
}  # fmt: skip


def value(raw: object) -> JsonValue:
    return JsonValue("f.json", "", raw)


def test_a_file_of_ours_is_read_and_one_that_is_missing_is_none(tmp_path: Path) -> None:
    (tmp_path / "a").write_text('{"load": ""}', encoding="utf-8")
    read = read_recorded(tmp_path / "a", "a record", lambda _: None)
    assert read is not None
    assert read.raw == {"load": ""}
    assert read_recorded(tmp_path / "none", "a record", lambda _: None) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{", "got 'JSONDecodeError', expected JSON in a record; delete it"),
        ("[NaN]", "got 'ValueError'"),
        ("\udce9", "got 'UnicodeDecodeError'"),
        ("[" * 9 + "]" * 9, "expected at most 8 levels"),
        (" " * ((1 << 24) + 1), "got '16,777,217 bytes', expected at most 16,777,216 bytes"),
    ],
)
def test_what_is_no_record_is_one_line(text: str, found: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError) as caught:
        read_recorded(tmp_path / "a", "a record", lambda _: None)
    assert found in str(caught.value)


def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="got 'not a regular file'"):
        read_recorded(tmp_path / "pipe", "a record", lambda _: None)


def test_lines_are_checked_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "a").write_text('{"a": 1}\n{"a": 2}\n{', encoding="utf-8")
    lines = read_recorded_lines(tmp_path / "a", "a list", lambda _: None)
    assert [next(lines), next(lines)] == [{"a": 1}, {"a": 2}]
    with pytest.raises(InputError, match="line 3: got 'JSONDecodeError', expected a list"):
        next(lines)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"path": "../a"}, "[0].path: got '../a', expected a path below one of"),
        ({"path": "transactions/../../a"}, "expected a path below"),
        ({"path": "transactions"}, "expected a path below"),
        ({"rows": -1}, "[0].rows: got -1"),
        ({"rows": True}, "[0].rows: got True"),
        ({"digest": "F" * 32}, "expected 32 hexadecimal digits"),
        ({"last_date": "2023-02-30"}, "expected a date YYYY-MM-DD"),
    ],
)
def test_records_name_files_of_the_dataset_only(change: dict[str, Any], found: str) -> None:
    check_records(value([RECORD]))
    with pytest.raises(InputError) as caught:
        check_records(value([{**RECORD, **change}]))
    assert found in str(caught.value)


@pytest.mark.parametrize("load", ["../x", "0a1b2c3d", "0A1B2C3D-", 7])
def test_a_load_is_part_of_names_of_files(load: object) -> None:
    run = {"rows_per_batch": 1, "replaces": False, "load": "0a1b2c3d-"}
    check_run(value(run))
    with pytest.raises(InputError, match=r"load: got .*, expected eight hexadecimal digits and a dash, or nothing"):
        check_run(value({**run, "load": load}))


def test_a_move_is_of_a_new_dataset_of_ours() -> None:
    move = {"new": f"new-{'0' * 32}", "files": ["customers/a.csv"]}
    check_move(value(move))
    with pytest.raises(InputError, match="new: got 'old', expected the name of a new dataset"):
        check_move(value({**move, "new": "old"}))
    with pytest.raises(InputError, match=r"files\[0\]: got '/etc/passwd'"):
        check_move(value({**move, "files": ["/etc/passwd"]}))


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (("cores",), 0),
        (("seconds",), "1"),
        (("request", "seed"), 1 << 64),
        (("request", "law", "fraud_rate"), 1.5),
        (("request", "law", "fraud_stealth"), "0.5"),
        (("request", "law", "fraud_types"), {"card_testing": 3}),
        (("request", "law", "fraud_types"), {"card_testing": {"weight": "3"}}),
        (("request", "law", "fraud_types"), {"card_testing": {"weight": 3, "folder": 1}}),
        (("output", "batches"), [[1]]),
        (("parts", "transactions", "rows"), -1),
    ],
)
def test_a_receipt_with_another_value_is_refused(
    place: tuple[str, ...], wrong: object, parquet: tuple[Path, Receipt]
) -> None:
    raw = json.loads((parquet[0] / RECEIPT).read_text(encoding="utf-8"))
    check_receipt(value(raw))
    inner = raw
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = wrong
    with pytest.raises(InputError, match=rf"{place[-1]}.*: got "):
        check_receipt(value(raw))


def test_links_below_an_output_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    refuse_links(tmp_path)
    refuse_links(tmp_path / "none")
    (tmp_path / "a" / "b" / "link").symlink_to(tmp_path)
    with pytest.raises(OutputError, match=r"output: .*/link is a link or a special file"):
        refuse_links(tmp_path)
