"""What notebooks about the public dataset do first runs unchanged on exported files, and finds what it should."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.datasets import read_rows
from vecgen.records.receipt import Receipt
from vecgen.run.export.public_files import export_dataset

Dataset = tuple[Path, Receipt]
pandas: Any = pytest.importorskip("pandas")


@pytest.fixture(scope="module")
def exported(parquet: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the files of a dataset of 60 customers, half of them defrauded; read only."""
    output = tmp_path_factory.mktemp("notebooks") / "public"
    export_dataset(parquet[0], output)
    return output


@pytest.fixture
def frame(exported: Path) -> Any:
    """Return both files joined, as nearly every notebook begins."""
    train = pandas.read_csv(exported / "fraudTrain.csv")
    test = pandas.read_csv(exported / "fraudTest.csv")
    df = pandas.concat([train, test]).reset_index(drop=True)
    df = df.drop(columns=["Unnamed: 0"])
    df["trans_date_trans_time"] = pandas.to_datetime(df["trans_date_trans_time"])
    df["dob"] = pandas.to_datetime(df["dob"])
    return df


def test_the_first_look_is_clean(exported: Path, frame: Any, parquet: Dataset) -> None:
    df = pandas.read_csv(exported / "fraudTrain.csv", index_col=0)
    assert df.index.tolist() == list(range(len(df)))
    assert df.isnull().sum().sum() == 0
    assert not frame.duplicated().any()
    assert frame["trans_num"].is_unique
    assert frame.shape == (parquet[1].parts["transactions"].rows, 22)
    assert set(frame["is_fraud"].unique()) == {0, 1}
    assert frame["merchant"].str.startswith("fraud_").all()
    assert frame.describe().loc["min", "amt"] >= 1.0


def test_groups_count_what_the_dataset_holds(frame: Any, parquet: Dataset) -> None:
    rows = read_rows(parquet[0])
    expected = rows.group_by("category").aggregate([("is_fraud", "sum"), ("amt", "max")]).to_pandas()
    expected = expected.set_index("category").sort_index()
    grouped = frame.groupby("category").agg(frauds=("is_fraud", "sum"), largest=("amt", "max"))
    assert grouped["frauds"].tolist() == expected["is_fraud_sum"].tolist()
    assert grouped["largest"].tolist() == expected["amt_max"].tolist()
    assert frame["category"].value_counts(normalize=True).sum() == pytest.approx(1.0)
    crossed = pandas.crosstab(frame["gender"], frame["is_fraud"])
    assert crossed.to_numpy().sum() == len(frame)
    assert set(crossed.index) == {"F", "M"}


def test_hours_weekdays_and_ages_come_from_the_dates(frame: Any, parquet: Dataset) -> None:
    frame["hour"] = frame["trans_date_trans_time"].dt.hour
    frame["weekday"] = frame["trans_date_trans_time"].dt.day_name()
    frame["month"] = frame["trans_date_trans_time"].dt.to_period("M")
    frame["age"] = (frame["trans_date_trans_time"] - frame["dob"]).dt.days // 365
    hours = [int(text[:2]) for text in read_rows(parquet[0])["trans_time"].to_pylist()]
    assert frame["hour"].value_counts().sort_index().tolist() == np.bincount(hours).tolist()
    assert frame["weekday"].nunique() == 7
    assert set(frame["month"].astype(str)) == {"2023-12", "2024-01"}
    assert frame["age"].between(10, 110).all()
    at_night = frame["hour"].isin([22, 23, 0, 1, 2, 3])
    assert frame.loc[at_night, "is_fraud"].mean() > 3 * frame.loc[~at_night, "is_fraud"].mean()


def test_distances_are_those_of_purchases_near_home(frame: Any) -> None:
    lat, long, merch_lat, merch_long = (np.radians(frame[name]) for name in ("lat", "long", "merch_lat", "merch_long"))
    half = np.sin((merch_lat - lat) / 2) ** 2 + np.cos(lat) * np.cos(merch_lat) * np.sin((merch_long - long) / 2) ** 2
    frame["distance"] = 2 * 6371 * np.arcsin(np.sqrt(half))
    assert 60 < frame["distance"].mean() < 90  # a degree each way at most: 111 km and less
    assert frame["distance"].max() < 160


def test_features_of_customers_and_a_model_are_made(frame: Any) -> None:
    ensemble, metrics = pytest.importorskip("sklearn.ensemble"), pytest.importorskip("sklearn.metrics")
    df = frame.sort_values(["cc_num", "trans_date_trans_time"]).set_index("trans_date_trans_time")
    df["last day"] = df.groupby("cc_num")["amt"].transform(lambda amounts: amounts.rolling("24h").count())
    df["gap"] = df.groupby("cc_num")["unix_time"].diff().fillna(0)
    assert (df["gap"] >= 0).all()
    assert df["last day"].min() == 1
    df["night"] = df.index.hour.isin([22, 23, 0, 1, 2, 3])
    df = df.drop(columns=["first", "last", "street", "city", "state", "zip", "job", "dob", "trans_num", "merchant"])
    df = pandas.get_dummies(df, columns=["category", "gender"], drop_first=True)
    early = df.index < df.index.sort_values()[len(df) * 7 // 10]
    features = df.drop(columns=["is_fraud", "cc_num", "unix_time"])
    model = ensemble.RandomForestClassifier(n_estimators=30, random_state=0)
    model.fit(features[early], df["is_fraud"][early])
    found = metrics.roc_auc_score(df["is_fraud"][~early], model.predict_proba(features[~early])[:, 1])
    assert found > 0.8
