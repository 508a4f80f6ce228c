"""Every example runs as its first lines say, and does what it promises."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.support.checkout import ROOT
from tests.support.datasets import data_files, read_rows
from tests.support.object_store import ACCESS_KEY, BUCKET, SECRET_KEY, ObjectStore
from vecgen import generate_transactions
from vecgen.cli.keywords import RequestKeywords
from vecgen.io.reader import digest_dataset
from vecgen.records.receipt import Receipt

EXAMPLES = ROOT / "tests" / "examples"
FILES = sorted(path.name for path in EXAMPLES.iterdir() if path.suffix in (".py", ".sh"))


def find_command(name: str) -> str:
    """Return the command line that an example gives for itself."""
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    found = re.search(rf"^#?\s+((?:bash|python) tests/examples/{re.escape(name)} .*)$", text, re.MULTILINE)
    assert found, name
    return found[1]


def run(name: str, place: Path, *more: str, warnings: str = "error", **environment: str) -> str:
    """Run an example in a directory of its own, with arguments after its own, and return what it prints."""
    if not (place / "tests").exists():
        (place / "tests").symlink_to(ROOT / "tests")
    known = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": warnings, **environment}
    known["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{known['PATH']}"
    command = " ".join([find_command(name), *more])
    done = subprocess.run(
        ["bash", "-c", command], cwd=place, env=known, check=False, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_index_lists_every_example() -> None:
    index = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| \[(.+?)\]\(\1\)", index, re.MULTILINE)) == FILES


def test_laptop(tmp_path: Path) -> None:
    out = run("laptop.sh", tmp_path, CUSTOMERS="12")
    assert f"transactions {digest_dataset(tmp_path / 'cards')['transactions'].rows} rows" in out
    assert "no check failed" in out
    assert (tmp_path / "cards" / "_report" / "index.html").is_file()


def test_hundred_gigabytes(tmp_path: Path) -> None:
    out = run("hundred_gigabytes.sh", tmp_path)
    planned = re.search(r"about ([\d.]+) GB in [\d,]+ files of transactions, .*\n(\d+) batches", out)
    assert planned
    assert 100 <= float(planned[1]) < 102
    assert int(planned[2]) == 312
    files = data_files(tmp_path / "cards" / "transactions")
    assert [path.name for path in files] == ["part-00017-10-000.parquet"]
    days = pq.ParquetFile(files[0]).read(["trans_date"])["trans_date"].unique().to_pylist()
    assert set(days) == {date(2023, 11, 24), date(2023, 11, 25)}


def test_object_store(store: ObjectStore, tmp_path: Path) -> None:
    known = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "CUSTOMERS": "8"}
    out = run("object_store.sh", tmp_path, AWS_ENDPOINT_URL=dict(store.address)["endpoint"], **known)
    assert f"s3://{BUCKET}/cards" in out
    assert "ACCEPTED" in out
    read = [line.split(",") for line in out[out.index("month,len,amt") :].split()[1:]]
    query = (
        f"SELECT month(trans_date), count(*), sum(amt) FROM '{store.root}/cards/transactions/**/*.parquet' "
        "WHERE month(trans_date) >= 9 GROUP BY 1 ORDER BY 1"
    )
    expected = [[str(month), str(rows), f"{dollars:.2f}"] for month, rows, dollars in duckdb.execute(query).fetchall()]
    assert read == expected
    assert len(read) == 4


def sums(directory: Path) -> list[list[str]]:
    """Return category, rows, frauds and turnover from March on."""
    found: dict[str, list[int]] = {}
    for row in read_rows(directory).to_pylist():
        if row["trans_date"].month >= 3:
            own = found.setdefault(row["category"], [0, 0, 0])
            for place, more in enumerate((1, row["is_fraud"], round(100 * row["amt"]))):
                own[place] += more
    return [[name, str(n), str(frauds), f"{cents / 100:.2f}"] for name, (n, frauds, cents) in sorted(found.items())]


@pytest.mark.spark
@pytest.mark.slow
def test_four_readers_agree(parquet: tuple[Path, Receipt], tmp_path: Path) -> None:
    (tmp_path / "cards").symlink_to(parquet[0])
    out = run("read_dataset.py", tmp_path, warnings="", SPARK_LOCAL_IP="127.0.0.1")
    expected = sums(parquet[0])
    assert len(expected) == 14
    blocks = out.strip().split("\n\n")
    assert [block.partition("\n")[0] for block in blocks] == ["pandas", "polars", "duckdb", "spark"]
    for block in blocks:
        header, *rows = csv.reader(io.StringIO(block.partition("\n")[2]))
        assert header == ["category", "rows", "frauds", "turnover"]
        assert rows == expected


def test_fraud_model(tmp_path: Path) -> None:
    out = run("fraud_model.py", tmp_path, "--customers", "60", OMP_NUM_THREADS="1")
    share, average = (
        float(re.findall(words, out)[0]) for words in (r"([\d.]+)% of them", r"average precision ([\d.]+)")
    )
    rules = re.findall(r"rule by .+: precision ([\d.]+), recall ([\d.]+)", out)
    assert len(rules) == 3
    # The average precision of a rule: its precision up to its recall, the share of fraud beyond.
    best = max(float(precision) * float(recall) + (1 - float(recall)) * share / 100 for precision, recall in rules)
    assert 0.002 < share / 100 < best < 0.7
    row, day = map(float, re.findall(r"ceiling, best of .+: average precision ([\d.]+)", out))
    assert 0.8 < average < day
    assert 0.9 < row < day
    at_the_same_recall = re.findall(r"best rule \(([\d.]+)\): precision ([\d.]+), instead of ([\d.]+)", out)
    ((recall, ours, theirs),) = at_the_same_recall
    assert (theirs, recall) in rules
    assert float(ours) > float(theirs)
    picture = (tmp_path / "precision_recall.png").read_bytes()
    assert picture.startswith(b"\x89PNG\r\n")
    assert len(picture) > 20_000


def test_fit_and_compare(tmp_path: Path) -> None:
    out = run("fit_and_compare.py", tmp_path, "--customers", "150", OMP_NUM_THREADS="1")
    assert re.search(r"^fitted to [\d,]+ transactions: a fraud rate of 0\.[3-6]", out)
    assert "\nalike; of 21 tests of shares, failed: none\n" in out
    area, low, high = map(float, re.findall(r"AUC ([\d.]+), from ([\d.]+) to ([\d.]+)", out)[0])
    assert low <= 0.5
    assert low < area < high < 0.65
    page = (tmp_path / "compared.html").read_text(encoding="utf-8")
    assert "No difference beyond chance" in page
    assert page.count("<figure>") == 5


def test_features_look_back_only() -> None:
    """What is known of a row does not change with the rows after it."""
    from tests.examples.fraud_model import load, make_features

    rows = load(3)
    early = rows[rows["unix_time"] < rows["unix_time"].quantile(0.4)].reset_index(drop=True)
    features = make_features(rows)[rows["unix_time"].isin(early["unix_time"])].reset_index(drop=True)
    assert 100 < len(early) < len(rows)
    pd.testing.assert_frame_equal(features, make_features(early), atol=1e-6)


def test_counts_of_the_last_hours_are_those_of_a_loop() -> None:
    from tests.examples.fraud_model import load, make_features

    rows = load(2).iloc[::40].reset_index(drop=True)
    features = make_features(rows)
    lines = list(zip(rows["cc_num"], rows["unix_time"], rows["amt"], strict=True))
    for place, (card, moment, _) in enumerate(lines):
        last = [amt for other, time, amt in lines[:place] if other == card and moment - time <= 72 * 3600]
        assert features["rows_in_72_h"][place] == len(last)
        assert features["amount_in_72_h"][place] == pytest.approx(sum(last))


def test_own_profiles(tmp_path: Path) -> None:
    out = run("own_profiles.sh", tmp_path, CUSTOMERS="100")
    assert "mine: 14 profiles and their fraud twins, no fault found" in out
    students = [row for row in read_rows(tmp_path / "cards").to_pylist() if row["profile"] == "students.json"]
    assert {row["dob"].year for row in students} <= set(range(1997, 2006))
    meals = [row["amt"] for row in students if row["category"] == "food_dining" and not row["is_fraud"]]
    assert len(meals) > 100
    assert 8 < sum(meals) / len(meals) < 10


@pytest.mark.spark
@pytest.mark.slow
def test_replay_stream(tmp_path: Path) -> None:
    out = run("replay_stream.py", tmp_path, "--customers", "40", warnings="", SPARK_LOCAL_IP="127.0.0.1")
    asked: RequestKeywords = {"customers": 40, "start": "2023-01-01", "end": "2023-01-31", "fraud_rate": 0.2}
    rows = generate_transactions(**asked, columns=["unix_time", "amt", "is_fraud"]).to_pylist()
    alerts = [r for r in rows if r["amt"] >= 250 and (r["unix_time"] // 3600 + 2) % 24 < 6]
    assert len(alerts) > 20
    assert out == f"{len(alerts)} alerts, {sum(r['is_fraud'] for r in alerts)} of them right\n"
    written = pq.read_table([str(path) for path in data_files(tmp_path / "alerts" / "rows")])
    assert sorted(written["unix_time"].to_pylist()) == sorted(r["unix_time"] for r in alerts)
