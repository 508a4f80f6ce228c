"""Damage in the bytes of finished files: found by --resume, verify and digest, wherever it lies, and named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xxhash

from tests.attacks.mutants import Draws
from tests.conftest import Compile
from tests.support.datasets import data_files
from tests.support.outputs import change_output
from vecgen.cli.main import main
from vecgen.errors import InputError, InputWarning, spell_keywords
from vecgen.io.file_record import from_json
from vecgen.io.reader import digest_dataset
from vecgen.plan.form import Form
from vecgen.plan.output import Output
from vecgen.plan.plan import Plan
from vecgen.records.parse import FILE_LIST
from vecgen.records.receipt import RECEIPT, read_receipt
from vecgen.run.local import run_local
from vecgen.run.publish import sum_records
from vecgen.verify.certificate import Certificate
from vecgen.verify.certify import verify_dataset
from vecgen.verify.expectation import read_expectation
from vecgen.verify.file_check import digest_complete

Spoil = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def few(compile_small: Compile) -> Plan:
    """Return a plan of four customers."""
    return compile_small(customers=4)


@pytest.fixture(scope="module")
def dataset(few: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return its dataset of a few files; read only."""
    path = tmp_path_factory.mktemp("list") / "o"
    run_local(few, Output(path, Form(partition_by=())), 1)
    return path


@pytest.fixture
def mine(dataset: Path, tmp_path: Path) -> Path:
    """Return a copy of the dataset."""
    return Path(shutil.copytree(dataset, tmp_path / "o"))


def certify(directory: Path, *, fast: bool = False) -> Certificate:
    return verify_dataset(directory, read_expectation(directory, {}), fast=fast)


def broken(certificate: Certificate) -> dict[str, tuple[str, ...]]:
    return {check.name: check.examples for check in certificate.checks if not check.holds}


def transactions(directory: Path) -> Path:
    """Return the first file of transactions."""
    return data_files(directory / "transactions")[0]


def name_of(file: Path, directory: Path) -> str:
    return file.relative_to(directory).as_posix()


# ------------------------------------------------------------------------------------------------------------- the list
def test_every_file_is_listed_with_what_it_holds(dataset: Path) -> None:
    text = (dataset / FILE_LIST).read_bytes()
    lines = [json.loads(line) for line in text.splitlines()]
    receipt = read_receipt(dataset)
    assert receipt is not None
    assert receipt.files is not None
    assert receipt.files.checksum == xxhash.xxh3_128(text).hexdigest()
    assert [line["path"] for line in lines] == sorted(name_of(file, dataset) for file in data_files(dataset))
    for line in lines:
        data = (dataset / line["path"]).read_bytes()
        assert (line["bytes"], line["checksum"]) == (len(data), xxhash.xxh3_128(data).hexdigest())
    assert sum_records(from_json(line) for line in lines) == receipt.parts


@pytest.mark.parametrize("table", [None, "delta"])
def test_the_list_covers_all_loads(table: None, compile_small: Compile, tmp_path: Path) -> None:
    output = Output(tmp_path / "o", table=table, append=True)
    plan = compile_small(customers=4)
    for first, last in ((date(2023, 12, 20), date(2023, 12, 31)), (date(2024, 1, 1), date(2024, 1, 20))):
        run_local(plan, change_output(output, only_dates=(first, last)), 1)
    lines = (tmp_path / "o" / FILE_LIST).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["path"] for line in lines] == sorted(
        name_of(file, tmp_path / "o") for file in data_files(tmp_path / "o")
    )
    assert broken(certify(tmp_path / "o")) == {}


def test_nothing_is_added_to_a_dataset_whose_list_was_changed(few: Plan, tmp_path: Path) -> None:
    output = Output(tmp_path / "o", append=True)
    run_local(few, change_output(output, only_dates=(date(2023, 12, 20), date(2023, 12, 31))), 1)
    (tmp_path / "o" / FILE_LIST).write_text("", encoding="utf-8")
    before = sorted(path for path in (tmp_path / "o").rglob("*") if path.is_file() and path.suffix == ".parquet")
    with pytest.raises(InputError, match=f"{FILE_LIST}: got 'another list', expected the list of files that the rece"):
        run_local(few, change_output(output, only_dates=(date(2024, 1, 1), date(2024, 1, 20))), 1)
    assert sorted((tmp_path / "o").rglob("*.parquet")) == before


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]\n", b'{"path": "../x"}\n', b"\xff\n", b"[" * 100_000])
def test_a_list_that_is_not_ours_is_one_line(
    content: bytes | None, mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where its checksum is forged."""
    path = mine / FILE_LIST
    path.unlink() if content is None else path.write_bytes(content)
    assert main(["digest", str(mine)]) == 2
    if content is not None:
        receipt = json.loads((mine / RECEIPT).read_text(encoding="utf-8"))
        receipt["files"]["checksum"] = xxhash.xxh3_128(content).hexdigest()
        (mine / RECEIPT).write_text(json.dumps(receipt), encoding="utf-8")
    assert "files" in broken(certify(mine))
    assert main(["digest", str(mine)]) == (2 if content != b"" else 0)  # an empty list lists nothing, and says so
    assert "Traceback" not in capsys.readouterr().err


def test_of_an_older_dataset_bytes_are_not_checked_and_a_note_says_so(mine: Path) -> None:
    receipt = json.loads((mine / RECEIPT).read_text(encoding="utf-8"))
    del receipt["files"]
    (mine / RECEIPT).write_text(json.dumps(receipt), encoding="utf-8")
    (mine / FILE_LIST).unlink()
    certificate = certify(mine)
    assert broken(certificate) == {}
    assert any("wrote no list of files" in note for note in certificate.notes)


# ---------------------------------------------------------------------------------------------------- files come and go
def test_missing_files_are_named(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = transactions(mine)
    shutil.copy(file, file.with_name("mine.parquet"))
    file.unlink()
    assert main(["digest", str(mine)]) == 2
    assert f"{file}: got 'no such file', expected the files of {FILE_LIST}" in capsys.readouterr().err
    names = (name_of(file, mine), "transactions/mine.parquet")
    assert broken(certify(mine)) == {"files": names}


def test_files_that_are_not_listed_are_named(mine: Path) -> None:
    shutil.copy(transactions(mine), mine / "transactions" / "mine.parquet")
    with pytest.warns(InputWarning, match=f"{FILE_LIST} does not list them: transactions/mine.parquet"):
        digest_complete(mine)
    assert broken(certify(mine))["files"] == ("transactions/mine.parquet",)


def test_a_missing_file_of_a_table_is_an_error_for_digest(few: Plan, tmp_path: Path) -> None:
    run_local(few, Output(tmp_path / "o", table="delta"), 1)
    file = data_files(tmp_path / "o" / "transactions")[1]
    file.unlink()
    for directory in (tmp_path / "o", tmp_path / "o" / "transactions"):
        with pytest.raises(InputError, match=f"{file.name}: got 'no such file', expected the .* files of the table's"):
            digest_dataset(directory)
    assert certify(tmp_path / "o").outcome == "rejected"


# ---------------------------------------------------------------------------------------------------------------- bytes
def footer_of(data: bytes) -> slice:
    """Return where the metadata of a Parquet file lies."""
    size = int.from_bytes(data[-8:-4], "little")
    return slice(len(data) - 8 - size, len(data) - 8)


def flip(data: bytes, bit: int) -> bytes:
    spoiled = bytearray(data)
    spoiled[bit // 8] ^= 1 << bit % 8
    return bytes(spoiled)


def change_statistic(data: bytes) -> bytes:
    """Let the smallest amount that the footer states be greater: readers that look for smaller ones skip the rows."""
    metadata = pq.read_metadata(pa.BufferReader(data))
    column = next(
        metadata.row_group(0).column(number)
        for number in range(metadata.num_columns)
        if metadata.row_group(0).column(number).path_in_schema == "unix_time"
    )
    smallest = int(column.statistics.min).to_bytes(8, "little")
    place = footer_of(data)
    assert smallest in data[place]
    greater = (int(column.statistics.min) + 864_000).to_bytes(8, "little")
    return data[: place.start] + data[place].replace(smallest, greater) + data[place.stop :]


def flip_in_metadata(data: bytes) -> bytes:
    place = footer_of(data)
    return flip(data, 8 * (place.start + place.stop) // 2)


def flip_in_page(data: bytes) -> bytes:
    return flip(data, 8 * footer_of(data).start // 2)


def flip_in_name_of_writer(data: bytes) -> bytes:
    """Change what no reader looks at."""
    return data.replace(b"parquet-cpp-arrow", b"parquet-cpp-brrow")


SPOILERS: tuple[Spoil, ...] = (change_statistic, flip_in_name_of_writer, flip_in_metadata, flip_in_page)


def test_readers_drop_rows_for_a_changed_statistic(mine: Path) -> None:
    """The damage is real: a filter loses rows that are there."""
    file = transactions(mine)
    times = pq.read_table(file)["unix_time"].to_pylist()
    wanted = [("unix_time", "<", min(times) + 864_000)]
    number = pq.read_table(file, filters=wanted).num_rows
    file.write_bytes(change_statistic(file.read_bytes()))
    assert pq.read_table(file)["unix_time"].to_pylist() == times
    assert pq.read_table(file, filters=wanted).num_rows < number


@pytest.mark.parametrize("spoil", SPOILERS, ids=lambda spoil: spoil.__name__)
def test_verify_names_a_file_whose_bytes_changed(spoil: Spoil, mine: Path) -> None:
    file = transactions(mine)
    data = file.read_bytes()
    file.write_bytes(spoil(data))
    assert file.read_bytes() != data
    certificate = certify(mine)
    assert certificate.outcome == "rejected"
    assert broken(certificate)["file bytes"] == (name_of(file, mine),)


def test_fast_leaves_bytes_alone_and_says_so(mine: Path) -> None:
    file = transactions(mine)
    file.write_bytes(change_statistic(file.read_bytes()))
    certificate = certify(mine, fast=True)
    assert broken(certificate) == {}
    assert any(spell_keywords(note).startswith("fast:") for note in certificate.notes)


def spoil_every_file(directory: Path, spoil: Spoil) -> None:
    for file in data_files(directory):
        if file.parent.name == "transactions":
            file.write_bytes(spoil(file.read_bytes()))


@pytest.mark.parametrize("spoil", SPOILERS, ids=lambda spoil: spoil.__name__)
def test_resume_writes_a_batch_again_whose_bytes_changed(
    spoil: Spoil, few: Plan, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = Output(tmp_path / "o", Form(partition_by=()))

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("vecgen.run.local.close_run", die)
        with pytest.raises(KeyboardInterrupt):
            run_local(few, output, 1)
    spoil_every_file(tmp_path / "o", spoil)
    run_local(few, output, 1, existing="resume")
    for file in data_files(dataset):
        assert (tmp_path / "o" / name_of(file, dataset)).read_bytes() == file.read_bytes()


def attack(mine: Path, number: int, seed: int) -> None:
    """Flip single bits of one file after the other; each must end in a rejection that names it."""
    draws, stated = Draws(seed), read_expectation(mine, {})
    for file in data_files(mine):
        data = file.read_bytes()
        for _ in range(number):
            file.write_bytes(flip(data, draws.below(8 * len(data))))
            certificate = verify_dataset(mine, stated)
            assert certificate.outcome == "rejected"
            assert broken(certificate)["file bytes"] == (name_of(file, mine),)
        file.write_bytes(data)


def test_no_flipped_bit_passes_or_ends_in_a_traceback(mine: Path) -> None:
    attack(mine, 12, seed=1)


@pytest.mark.heavy
def test_no_flipped_bit_of_thousands_passes(mine: Path) -> None:
    attack(mine, 1000, seed=2)
