"""Train a fraud model and draw its precision-recall curve, beside what the best single rules reach.

    python tests/examples/fraud_model.py precision_recall.png

It also draws the ceiling: what the best detector of one row, and of a customer's whole day, can reach. This model looks
at earlier days, too, so that it may exceed the first, but it does not know how the day goes on.

Half of the customers are defrauded once in the year, which makes about one row in two hundred fraudulent, as in
public card data. The model learns from January to September and is tested on October to December. Every feature looks
back only: it could be computed when the transaction arrives. The data are kinder than life in one way: on a date with
fraud the customer's own purchases are dropped. Needs pandas, scikit-learn and Matplotlib; half a minute.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score, precision_recall_curve

import vecgen
from vecgen.model.exact import AMOUNT_EDGES
from vecgen.report.baselines import CELLS, Score, describe_rule, find_detectors, score_rule

COLUMNS = ["cc_num", "unix_time", "category", "amt", "lat", "long", "merch_lat", "merch_long", "is_fraud"]
CEILINGS = {"fraud_probability": "best of one row", "day_fraud_probability": "best of a day"}
FIRST_TEST_DAY = pd.Timestamp("2023-10-01", tz="UTC")
DAY = 24 * 3600
CEILING_LINES = {"fraud_probability": "--", "day_fraud_probability": ":"}
INK, MUTED, LINE, MODEL, RULES = "#1c2529", "#56656d", "#d5dcdf", "#1f6f8b", "#c24a2c"


def load(customers: int) -> pd.DataFrame:
    """Return a year of transactions, each customer's in the order of time."""
    columns = [*COLUMNS, *CEILINGS]
    rows = vecgen.generate_transactions(customers=customers, fraud_rate=0.5, columns=columns, text="dictionary")
    return rows.to_pandas().sort_values(["cc_num", "unix_time"], kind="stable", ignore_index=True)


def make_features(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what is known of each transaction when it arrives, from itself and from its card's earlier ones."""
    features = pd.DataFrame(
        {
            "hour": rows["unix_time"] // 3600 % 24,
            "weekday": (rows["unix_time"] // DAY + 3) % 7,
            "amount": rows["amt"],
            "category": rows["category"].cat.codes,
            "miles_from_home": miles(rows["lat"], rows["long"], rows["merch_lat"], rows["merch_long"]),
        }
    )
    earlier = rows["amt"].groupby([rows["cc_num"], rows["category"]], observed=True)
    mean = (earlier.cumsum() - rows["amt"]) / earlier.cumcount()
    features["times_mean_in_category"] = rows["amt"] / mean  # NaN for the first of its kind, which the model may see
    features["seconds_since_last"] = rows.groupby("cc_num", observed=True)["unix_time"].diff()
    at_night = features["hour"].isin([22, 23, 0, 1, 2, 3])
    for hours in (6, 24, 72):
        start = first_within(rows, hours * 3600)
        features[f"rows_in_{hours}_h"] = np.arange(len(rows)) - start
        features[f"amount_in_{hours}_h"] = since(rows["amt"], start)
        features[f"night_rows_in_{hours}_h"] = since(at_night, start)
    return features


def miles(lat: pd.Series, long: pd.Series, other_lat: pd.Series, other_long: pd.Series) -> pd.Series:
    """Return the great-circle distance in miles between places in degrees."""
    a, b, c, d = (np.radians(degrees) for degrees in (lat, long, other_lat, other_long))
    h = np.sin((c - a) / 2) ** 2 + np.cos(a) * np.cos(c) * np.sin((d - b) / 2) ** 2
    return 2 * 3958.8 * np.arcsin(np.sqrt(h))


def first_within(rows: pd.DataFrame, seconds: int) -> NDArray[Any]:
    """Return, for each row, the position of its card's first row within the `seconds` before it."""
    card = rows.groupby("cc_num", observed=True).ngroup().to_numpy()
    clock = card * (10 * 366 * DAY) + (rows["unix_time"] - rows["unix_time"].min()).to_numpy()  # one axis for all cards
    return np.searchsorted(clock, clock - seconds)


def since(values: pd.Series, start: NDArray[Any]) -> NDArray[Any]:
    """Return the sum of the values from `start` to the row before."""
    sums = np.concatenate([[0.0], np.cumsum(values.to_numpy(dtype=float))])
    return sums[:-1] - sums[start]


def count_cells(rows: pd.DataFrame) -> NDArray[Any]:
    """Return rows by label, category, hour and cell of amounts: all that a search for rules needs."""
    cells = np.searchsorted(AMOUNT_EDGES, (rows["amt"] * 100).round().astype(int), side="right")
    counts = np.zeros((2, len(rows["category"].cat.categories), 24, CELLS), dtype=np.int64)
    np.add.at(counts, (rows["is_fraud"], rows["category"].cat.codes, rows["unix_time"] // 3600 % 24, cells), 1)
    return counts


def split(rows: pd.DataFrame) -> NDArray[Any]:
    """Return which rows are kept for the test: the last quarter, so that nothing is learnt from the future."""
    return (rows["unix_time"] >= FIRST_TEST_DAY.timestamp()).to_numpy()


def train(features: pd.DataFrame, labels: pd.Series) -> HistGradientBoostingClassifier:
    """Return a model that was fitted."""
    model = HistGradientBoostingClassifier(
        learning_rate=0.06, max_iter=300, categorical_features=["category"], random_state=0
    )
    return model.fit(features, labels)


def try_rules(rows: pd.DataFrame, test: NDArray[Any]) -> dict[str, Score]:
    """Return how the best rules of one, two and three conditions, found before the test, fare in it; print them."""
    tested, categories = count_cells(rows[test]), list(rows["category"].cat.categories)
    scores = {}
    detectors = find_detectors(count_cells(rows[~test]))
    for conditions in (1, 2, 3):
        own = [found for found in detectors if found.family.conditions == conditions]
        best = max(own, key=lambda found: found.score.f1)
        score = scores[best.family.name] = score_rule(tested, best.rule)
        print(f"rule by {best.family.name}: precision {score.precision:.3f}, recall {score.recall:.3f}")
        print(f"    {describe_rule(best.rule, categories)}")
    return scores


def draw(
    path: str, labels: pd.Series, scores: NDArray[Any], rules: dict[str, Score], ceilings: dict[str, pd.Series]
) -> None:
    """Draw the curves of model and ceilings, the points of the rules, and the share of fraud as the floor of all."""
    precision, recall, _ = precision_recall_curve(labels, scores)
    area, base = average_precision_score(labels, scores), labels.mean()
    figure = Figure(figsize=(8, 5.6), dpi=150, layout="constrained")
    axes = figure.subplots()
    style(axes)
    axes.fill_between(recall, precision, step="pre", color=MODEL, alpha=0.10, linewidth=0)
    axes.step(recall, precision, where="pre", color=MODEL, linewidth=2.2)
    axes.text(0.03, 0.93, f"gradient boosting\naverage precision {area:.3f}", color=MODEL, va="top", weight="bold")
    axes.text(0.03, 0.83, "the best single rules,\nof one, two and three conditions", color=RULES, va="top")
    for name, probability in ceilings.items():
        top, found, _ = precision_recall_curve(labels, probability)
        axes.step(found, top, where="pre", color=INK, linewidth=1.2, linestyle=CEILING_LINES[name])
    axes.legend([*axes.lines[1:]], [f"exact probability, {CEILINGS[name]}" for name in ceilings], loc="lower left")
    for name, score in rules.items():
        axes.plot(score.recall, score.precision, "o", color=RULES, markersize=7, markeredgecolor="white")
        axes.text(score.recall - 0.015, score.precision, name, color=RULES, ha="right", va="center", fontsize=9)
    axes.axhline(base, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    axes.text(0.97, base + 0.012, f"share of fraud {base:.2%}", color=MUTED, ha="right", fontsize=9)
    axes.set_title("How much fraud is found, at which precision", loc="left", color=INK, fontsize=13, pad=26)
    about = f"October to December: {len(labels):,} transactions, {labels.sum():,} of them fraudulent"
    axes.text(0, 1.03, about, transform=axes.transAxes, color=MUTED, fontsize=9.5)
    figure.savefig(path)


def style(axes: Axes) -> None:
    """Name the axes, in percent, and keep lines that are not data in the background."""
    axes.set(xlim=(0, 1), ylim=(0, 1.005))
    axes.set_xlabel("recall: share of the fraud that is found", color=MUTED)
    axes.set_ylabel("precision: share of the alerts that are right", color=MUTED)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0))
    axes.tick_params(color=LINE, labelcolor=MUTED)
    axes.grid(color=LINE, linewidth=0.6, alpha=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(LINE)


def main() -> None:
    """Make the data, train, print what model and rules reach, and draw it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("picture", help="PNG file")
    parser.add_argument("--customers", type=int, default=600)
    options = parser.parse_args()

    rows = load(options.customers)
    features, labels, test = make_features(rows), rows["is_fraud"], split(rows)
    print(f"{len(rows):,} transactions, {labels.mean():.2%} of them fraudulent")
    scores = train(features[~test], labels[~test]).predict_proba(features[test])[:, 1]
    rules = try_rules(rows, test)
    best = max(rules.values(), key=lambda score: score.f1)
    precision, recall, _ = precision_recall_curve(labels[test], scores)
    print(f"model: average precision {average_precision_score(labels[test], scores):.3f}")
    ours = precision[recall >= best.recall].max()
    print(f"at the recall of the best rule ({best.recall:.3f}): precision {ours:.3f}, instead of {best.precision:.3f}")
    ceilings = {name: rows[name][test] for name in CEILINGS}
    for name, probability in ceilings.items():
        print(f"ceiling, {CEILINGS[name]}: average precision {average_precision_score(labels[test], probability):.3f}")
    draw(options.picture, labels[test], scores, rules, ceilings)


if __name__ == "__main__":
    main()
