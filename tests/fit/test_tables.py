"""Tables of other columns: the same figures as from the dataset, and what is said where something is missing."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import vecgen
from tests.support.datasets import list_tree
from tests.support.tables import LEAST, NAMES, make_table, spell_map, write_csv, write_parquet
from vecgen.cli.main import main
from vecgen.config.loader import check_profiles, load_demographics, load_profiles
from vecgen.records.receipt import Receipt

Dataset = tuple[Path, Receipt]


@pytest.fixture(scope="session")
def table(parquet: Dataset) -> pa.Table:
    """Return the rows of the small dataset as a table of other columns."""
    return make_table(parquet[0])


@pytest.fixture(scope="session")
def options(profiles: Path, demographics: Path) -> dict[str, Any]:
    """Return small directories, few customers, one process."""
    return {"profiles": profiles, "demographics": demographics, "least_customers": 5, "processes": 1, "quiet": True}


def fit(data: Path, output: Path, options: dict[str, Any], **told: Any) -> dict[str, Any]:
    vecgen.fit_dataset(data, output=output, **{**options, **told})
    said: dict[str, Any] = json.loads((output / "fit.json").read_text(encoding="utf-8"))
    return said


def test_a_table_with_everything_says_what_the_dataset_says(
    parquet: Dataset, table: pa.Table, options: dict[str, Any], tmp_path: Path
) -> None:
    several = tmp_path / "several"
    several.mkdir()
    write_parquet(table.slice(0, 3000), several / "one.parquet")
    write_csv(table.slice(3000), several / "two.csv", ";")
    told = {"map": NAMES, "merchant_prefix": "fraud_"}
    expected = fit(parquet[0] / "transactions", tmp_path / "mine", options)  # a table knows nobody without rows
    for data in (write_csv(table, tmp_path / "rows.csv"), several):
        output = tmp_path / f"mine_{data.stem}"
        said = fit(data, output, options, **told)
        assert said["profiles"] == expected["profiles"]
        for name in (
            "rows",
            "options",
            "fraud_rate",
            "night_share_of_fraud",
            "merchant_radius_degrees",
            "rows_left_out",
        ):
            assert said[name] == expected[name], name
        merchants = [load_demographics(own / "demographics").merchants for own in (tmp_path / "mine", output)]
        assert merchants[0] == merchants[1]
        assert not any(note.startswith("ages") for note in said["notes"])


def test_the_least_map_gives_one_profile_and_says_what_is_missing(
    table: pa.Table, options: dict[str, Any], tmp_path: Path
) -> None:
    data = write_parquet(table.select(list(LEAST.values())), tmp_path / "rows.parquet")
    said = fit(data, tmp_path / "mine", options, map=spell_map(LEAST))
    mine = check_profiles(tmp_path / "mine" / "profiles", tmp_path / "mine" / "demographics")
    assert mine.names == ("leftovers",)
    assert set(said["profiles"]) == {"leftovers", "fraud_leftovers"}
    assert said["fraud_rate"] == {"value": 0.01, "kept": True}
    assert said["merchant_radius_degrees"] is None
    assert mine.regular[0].category_weights != load_profiles(options["profiles"]).regular[-1].category_weights
    for part in ("there is one profile", "there are no labels", "places of purchases", "merchants are not told"):
        assert any(part in note for note in said["notes"]), part
    asked: Any = {name: tmp_path / "mine" / name for name in ("profiles", "demographics")}
    assert vecgen.generate_transactions(customers=3, columns=["category"], **asked).num_rows > 100


def test_categories_that_nobody_knows_come_with_merchants(
    table: pa.Table, options: dict[str, Any], tmp_path: Path
) -> None:
    kinds = pc.if_else(pc.equal(table["kind"], "travel"), "kites & co", table["kind"])
    data = write_csv(table.set_column(table.column_names.index("kind"), "kind", kinds), tmp_path / "rows.csv")
    fit(data, tmp_path / "mine", options, map=LEAST)
    mine = check_profiles(tmp_path / "mine" / "profiles", tmp_path / "mine" / "demographics")
    assert "kites & co" in mine.regular[0].categories
    assert "travel" not in mine.regular[0].categories


def test_stamps_with_a_zone_are_told_where_the_customers_live(
    table: pa.Table, options: dict[str, Any], tmp_path: Path
) -> None:
    local = fit(write_parquet(table, tmp_path / "a.parquet"), tmp_path / "mine_a", options, map=LEAST)
    moments = pc.assume_timezone(table["booked at"], "America/New_York").cast(pa.timestamp("ms", "UTC"))
    told = table.set_column(1, "booked at", moments)
    said = fit(
        write_parquet(told, tmp_path / "b.parquet"),
        tmp_path / "mine_b",
        options,
        map=LEAST,
        time_zone="America/New_York",
    )
    assert said == local
    unmoved = fit(tmp_path / "b.parquet", tmp_path / "mine_c", options, map=LEAST)
    assert unmoved["profiles"]["leftovers"]["shopping_time"] != local["profiles"]["leftovers"]["shopping_time"]


def test_processes_share_the_customers_of_a_table(
    table: pa.Table, options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vecgen.verify.without_model.count_rows.SHARE_BYTES", 1 << 10)
    data = write_parquet(table, tmp_path / "rows.parquet")
    one, three = (fit(data, tmp_path / str(n), options, map=NAMES, processes=n) for n in (1, 3))
    assert one == three


def with_value(table: pa.Table, name: str, rows: dict[int, Any], type_: pa.DataType | None = None) -> pa.Table:
    values = table[name].to_pylist()
    for row, value in rows.items():
        values[row] = value
    return table.set_column(table.column_names.index(name), name, pa.array(values, type_ or table[name].type))


def test_refunds_and_missing_values_are_counted_left_out_and_said(
    table: pa.Table, options: dict[str, Any], tmp_path: Path
) -> None:
    spoiled = with_value(with_value(table, "value", {5: -12.0, 6: 0.0, 7: 0.5}), "card", {8: None})
    said = fit(write_csv(spoiled, tmp_path / "rows.csv"), tmp_path / "mine", options, map=LEAST)
    left_out = {"amount of zero or less": 2, "amount below 1": 1, "no customer": 1}
    assert said["rows_left_out"] == left_out
    assert said["rows"] == table.num_rows
    for reason, number in left_out.items():
        assert f"{number} rows left out: {reason}" in said["notes"]


def test_days_without_rows_are_said(table: pa.Table, options: dict[str, Any], tmp_path: Path) -> None:
    days = pc.cast(table["booked at"], pa.date32())
    first = pc.min(days).as_py() + timedelta(days=9)
    kept = table.filter(pc.invert(pc.is_in(days, pa.array([first, first + timedelta(days=1)]))))
    said = fit(write_parquet(kept, tmp_path / "rows.parquet"), tmp_path / "mine", options, map=LEAST)
    assert any(note.startswith("2 of 32 days have no rows") for note in said["notes"])


def test_few_customers_and_rows_are_kept_and_said(table: pa.Table, options: dict[str, Any], tmp_path: Path) -> None:
    cards = np.array(table["card"].to_pylist())
    one = table.filter(pa.array(cards == cards[0]))
    said = fit(write_parquet(one, tmp_path / "one.parquet"), tmp_path / "mine", options, map=LEAST)
    assert said["profiles"]["leftovers"] == {"kept": "fewer than 5 customers"}
    seldom = with_value(table, "kind", {7: "rare_kind"})
    said = fit(write_parquet(seldom, tmp_path / "seldom.parquet"), tmp_path / "mine_too", options, map=LEAST)
    assert any("too few customers with 1 further categories; left out" in note for note in said["notes"])
    for path in (tmp_path / "mine_too").rglob("*.*"):  # nor does its name leave the data
        assert "rare_kind" not in path.read_text(encoding="utf-8"), path


def test_rows_that_are_there_twice_count_twice(table: pa.Table, options: dict[str, Any], tmp_path: Path) -> None:
    twice = pa.concat_tables([table, table.slice(0, 10)])
    said = fit(write_parquet(twice, tmp_path / "rows.parquet"), tmp_path / "mine", options, map=LEAST)
    assert said["rows"] == table.num_rows + 10
    assert any("transaction numbers and unix_time are not looked at" in note for note in said["notes"])


def with_comma(table: pa.Table) -> pa.Table:
    return with_value(table.set_column(3, "value", table["value"].cast(pa.string())), "value", {3: "1,5"})


REFUSED: dict[str, tuple[Any, dict[str, Any], str]] = {
    "no rows": (lambda table: table.slice(0, 0), {}, "rows.csv: got 'no rows', expected transactions to count"),
    "only refunds": (
        lambda table: table.set_column(3, "value", pa.array([-1.0] * table.num_rows)),
        {},
        "no rows but",
    ),
    "no such column": (
        lambda table: table.rename_columns(["cards", *table.column_names[1:]]),
        {},
        "columns: got 'no card', expected the column that is mapped to customer; did you mean 'cards'?",
    ),
    "twice in the table": (lambda table: table.append_column("card", table["card"]), {}, "2 of this name"),
    "twice in the map": (lambda table: table, {"map": "customer=card,customer=shop"}, "expected customer once"),
    "unknown name": (lambda table: table, {"map": "custommer=card"}, "did you mean 'customer'?"),
    "no map": (lambda table: table, {"map": None, "time_zone": "UTC"}, "--time-zone: got 'UTC'"),
    "half a map": (lambda table: table, {"map": "customer"}, "--map: got 'customer', expected OURS=THEIRS"),
    "no such zone": (lambda table: table, {"time_zone": "Mars"}, "--time-zone: got 'Mars'"),
    "another format": (lambda table: table, {"date_format": "%d.%m.%Y"}, "expected a stamp as %d.%m.%Y"),
    "text amounts": (with_comma, {}, "1,5"),
    "mixed zones": (
        lambda table: with_value(table, "booked at", {3: "2024-01-01 00:00:00+01:00"}, pa.string()),
        {},
        "a time zone in every stamp or in none",
    ),
    "midnight": (
        lambda table: table.set_column(1, "booked at", pc.floor_temporal(table["booked at"], unit="day")),
        {},
        "the same time of day in all rows",
    ),
    "another period": (lambda table: table, {"start": "2020-01-01", "end": "2020-12-31"}, "no row that counts"),
    "too many categories": (
        lambda table: table.set_column(2, "kind", pa.array([str(n) for n in range(table.num_rows)])),
        {},
        "more than 1,000 categories",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_tables_are_one_line_and_write_nothing(
    name: str,
    table: pa.Table,
    profiles: Path,
    demographics: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    spoil, told, message = REFUSED[name]
    texts = table.set_column(1, "booked at", table["booked at"].cast(pa.string()))
    write_csv(spoil(table if name == "midnight" else texts), tmp_path / "rows.csv")
    before = list_tree(tmp_path)
    given = {"map": spell_map(LEAST), "profiles": profiles, "demographics": demographics, **told}
    words = [f"--{name.replace('_', '-')}={value}" for name, value in given.items() if value is not None]
    assert main(["fit", "rows.csv", "--output", "mine", "--processes", "1", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert list_tree(tmp_path) == before


@pytest.mark.parametrize("content", [b"", b"\n", b"PAR1", b"card\xff,a\n", b"\x00\x01\x02"])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_broken_files_are_one_line(
    content: bytes, suffix: str, table: pa.Table, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    write_csv(table, data / "a.csv")
    (data / f"b.{suffix}").write_bytes(content)
    assert main(["fit", str(data), "--output", str(tmp_path / "mine"), "--map", spell_map(LEAST)]) == 2
    line = capsys.readouterr().err
    assert f"b.{suffix}" in line
    assert line.count("\n") == 1
    assert list_tree(tmp_path) == ["data", "data/a.csv", f"data/b.{suffix}"]
