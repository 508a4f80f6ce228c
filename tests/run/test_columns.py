"""Fewer columns: the values, digests and files of the whole dataset, and nothing of the other columns."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from unittest.mock import patch

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.run.test_local import CrashError, crash_after
from tests.support.datasets import data_files, read_lines
from tests.support.outputs import make_output
from vecgen.cli.main import main
from vecgen.cli.steps import spell_step
from vecgen.errors import InputError
from vecgen.io.assembler import Assembler, needed_attributes
from vecgen.io.digest import Digest, digest_batches
from vecgen.io.reader import digest_dataset
from vecgen.io.schema import COLUMNS, CUSTOMER_ID, TRANSACTIONS, choose_columns, select_digested
from vecgen.io.writers import Format
from vecgen.plan.customer_source import locate_customers
from vecgen.plan.form import NORMALIZED_NAMES, Form
from vecgen.plan.output import Output
from vecgen.plan.plan import Plan
from vecgen.records.receipt import Receipt
from vecgen.run.batch import start_group
from vecgen.run.local import run_local
from vecgen.stores.refusals import refuse_difference

NAMES = [column.name for column in (*COLUMNS, CUSTOMER_ID)]
DECEMBER, JANUARY = (date(2023, 12, 20), date(2023, 12, 31)), (date(2024, 1, 1), date(2024, 1, 20))
SOME = ("amt", "dob", "trans_num", "customer_id", "lat", "unix_time")


def rows_of(plan: Plan, names: list[str]) -> tuple[pa.Table, Digest]:
    """Return the first group's transactions of a plan with some columns, and their digest as writing sums it up."""
    columns = choose_columns(names, (*COLUMNS, CUSTOMER_ID))
    customers = next(iter(plan.groups(plan.batches))).slice(0, 4)
    group = start_group(plan.tables, customers, None, columns)
    assert group.attributes == needed_attributes(columns)
    assert len(locate_customers(customers).ids) == 4
    pairs = [pair for chunk in group.chunks for pair in group.batches(range(90), chunk)]
    return pa.Table.from_batches([batch for batch, _ in pairs]), sum((digest for _, digest in pairs), Digest())


@settings(max_examples=25)
@given(names=st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
def test_values_are_those_of_the_whole_and_digests_those_of_the_values(plan: Plan, names: list[str]) -> None:
    whole, _ = rows_of(plan, NAMES)
    some, digest = rows_of(plan, names)
    assert some.column_names == names
    assert some.equals(whole.select(names))
    assert digest == digest_batches(some.to_batches(), select_digested(names, COLUMNS))


def test_a_digest_is_of_the_columns(plan: Plan) -> None:
    whole = rows_of(plan, NAMES[:-1])[1]
    assert rows_of(plan, NAMES[:-1][::-1])[1] == whole
    assert rows_of(plan, NAMES)[1] == whole
    assert len({str(rows_of(plan, NAMES[:-1][:end])[1]) for end in (1, 10, 25, 26)}) == 4


def write(plan: Plan, path: Path, file_format: Format = "parquet", **options: object) -> Receipt:
    return run_local(plan, make_output(path, format=file_format, **options), 1)


@pytest.mark.parametrize("file_format", ["parquet", "csv"])
def test_files_hold_what_those_of_the_whole_hold(
    plan: Plan, parquet: tuple[Path, Receipt], text: tuple[Path, Receipt], file_format: Format, tmp_path: Path
) -> None:
    receipt = write(plan, tmp_path / "some", file_format, columns=SOME, with_customer_id=True)
    whole = write(plan, tmp_path / "whole", file_format, with_customer_id=True)
    assert whole.parts["transactions"].digest == parquet[1].parts["transactions"].digest
    paths = [path.relative_to(tmp_path / "some") for path in data_files(tmp_path / "some")]
    assert paths == [path.relative_to(tmp_path / "whole") for path in data_files(tmp_path / "whole")]
    for path in paths:
        some, all_of_them = tmp_path / "some" / path, tmp_path / "whole" / path
        if path.parts[0] != TRANSACTIONS:
            assert some.read_bytes() == all_of_them.read_bytes()
        elif file_format == "csv":
            lines = read_lines(all_of_them)
            places = [lines[0].index(name) for name in SOME]
            assert read_lines(some) == [[line[place] for place in places] for line in lines]
        else:
            assert pq.ParquetFile(some).read().equals(pq.ParquetFile(all_of_them).read().select(list(SOME)))
    digest = digest_dataset(tmp_path / "some", select_digested(SOME, COLUMNS))[TRANSACTIONS]
    assert str(digest) == receipt.parts[TRANSACTIONS].digest


@pytest.mark.parametrize("names", [("amt", "ssn"), ("trans_num",), ("merch_lat", "trans_time", "is_fraud")])
def test_lines_may_begin_with_any_column(
    plan: Plan, text: tuple[Path, Receipt], names: tuple[str, ...], tmp_path: Path
) -> None:
    write(plan, tmp_path / "some", "csv", columns=names, partition_by=())
    path = data_files(text[0] / TRANSACTIONS)[0]
    whole = read_lines(path)
    places = [whole[0].index(name) for name in names]
    assert read_lines(tmp_path / "some" / path.relative_to(text[0])) == [[line[p] for p in places] for line in whole]


def test_normalized_transactions_know_customers_by_id_only(plan: Plan, tmp_path: Path) -> None:
    write(plan, tmp_path, columns=NORMALIZED_NAMES, with_customer_id=True)
    own = pq.read_table(data_files(tmp_path / TRANSACTIONS)[0], partitioning=None)
    people = pa.concat_tables(map(pq.read_table, data_files(tmp_path / "customers")))
    assert own.column_names == list(NORMALIZED_NAMES)
    assert set(own["customer_id"].to_pylist()) <= set(people["customer_id"].to_pylist())
    assert people.num_rows == len(set(people["customer_id"].to_pylist())) == plan.source.count


def test_a_resumed_run_and_slices_write_the_same_bytes(plan: Plan, tmp_path: Path) -> None:
    write(plan, tmp_path / "whole", columns=SOME)
    crash = crash_after(4, CrashError(), Assembler.assemble)
    with patch.object(Assembler, "assemble", crash), pytest.raises(CrashError):
        write(plan, tmp_path / "resumed", columns=SOME)
    with pytest.raises(InputError, match="columns"):
        run_local(plan, Output(tmp_path / "resumed", Form(columns=SOME[:2])), 1, existing="resume")
    run_local(plan, Output(tmp_path / "resumed", Form(columns=SOME)), 1, existing="resume")
    write(plan, tmp_path / "slice", columns=SOME, only_dates=DECEMBER)
    files = {path.relative_to(tmp_path / "whole"): path.read_bytes() for path in data_files(tmp_path / "whole")}
    resumed = data_files(tmp_path / "resumed")
    assert {path.relative_to(tmp_path / "resumed"): path.read_bytes() for path in resumed} == files
    for path in data_files(tmp_path / "slice" / TRANSACTIONS):
        assert path.read_bytes() == files[path.relative_to(tmp_path / "slice")]


def test_another_load_has_the_same_columns(plan: Plan, tmp_path: Path) -> None:
    write(plan, tmp_path / "d", columns=SOME, append=True, only_dates=DECEMBER)
    with pytest.raises(InputError, match="columns"):
        write(plan, tmp_path / "d", append=True, only_dates=JANUARY)
    receipt = write(plan, tmp_path / "d", columns=SOME, append=True, only_dates=JANUARY)
    digest = digest_dataset(tmp_path / "d", select_digested(SOME, COLUMNS))[TRANSACTIONS]
    assert receipt.parts[TRANSACTIONS].digest == str(digest)


@pytest.mark.parametrize(
    ("names", "value"), [((), "'no name'"), (("amt", "amt"), "'amt'"), (("amt", "amount"), "'amount'")]
)
def test_names_that_nobody_can_write_are_refused(names: tuple[str, ...], value: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"columns: got {value}"):
        Output(tmp_path, Form(columns=names))


@pytest.mark.parametrize("options", [("--columns", ""), ("--columns", "amt,amt"), ("--normalized", "--columns", "amt")])
def test_a_wrong_command_is_one_line_and_writes_nothing(
    options: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate", "--customers", "1", "--output", str(tmp_path / "d"), *options]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "d").exists()


def test_advice_never_asks_for_both_options(tmp_path: Path) -> None:
    asked, before = {"columns": None}, {"columns": ["amt", "ssn"], "word_lists": "0"}
    with pytest.raises(InputError, match="columns") as caught:
        refuse_difference("--append", tmp_path, asked, before)
    assert caught.value.step is not None
    line = spell_step("vecgen", ["generate", "--normalized"], caught.value.step)
    assert line.endswith("generate --columns amt,ssn")
