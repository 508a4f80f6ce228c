"""The picture of labels: fraud by month and kind, and how much of it is known after so many days."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("matplotlib")

import vecgen
from vecgen.model.params import Period
from vecgen.report.label_chart import draw_labels

PERIOD = Period(date(2023, 1, 30), date(2023, 3, 2))


def test_months_and_kinds_are_counted() -> None:
    early, late = np.zeros((2, PERIOD.days), dtype=np.int64)
    early[:2], late[2], late[-1] = 3, 10, 1
    chart = draw_labels(PERIOD, {"card_testing": early, "bust_out": late})
    assert chart.name == "labels"
    assert chart.alt == (
        "Fraudulent transactions by month: from 1 (2023-03) to 10 (2023-02). By kind: bust_out 11, card_testing 6."
    )
    assert b"bust_out" in chart.wide
    assert b"Share of the fraud" not in chart.wide


def test_what_is_known_is_told_by_days() -> None:
    days = np.ones(PERIOD.days, dtype=np.int64)
    known = np.array([0.0, 0.1, 0.3, 0.5, 0.79, 0.8, 0.8])
    chart = draw_labels(PERIOD, {"fraud": days}, known)
    assert chart.alt == (
        "Fraudulent transactions by month: from 2 (2023-01) to 28 (2023-02). "
        "80.0% of the fraud is reported in the end: half of that within 3 days, nine in ten within 4."
    )
    assert b"Share of the fraud that is known" in chart.narrow
    nothing = draw_labels(PERIOD, {"fraud": days}, np.zeros(5))
    assert nothing.alt.endswith("(2023-02).")


def test_the_page_has_it_where_report_dates_are(tmp_path: Path) -> None:
    asked: dict[str, Any] = {"customers": 40, "fraud_rate": 0.5, "end": "2023-02-28", "quiet": True}
    late: dict[str, Any] = {"report_delay": (9, 6), "with_report_date": True}
    for name, more in (("late", late), ("plain", dict[str, Any]())):
        vecgen.write_dataset(output=tmp_path / name, **asked, **more)
        page = vecgen.write_report(tmp_path / name, quiet=True)
        text = page.read_text(encoding="utf-8")
        assert ("When is the fraud known?" in text) == (name == "late")
        assert ("100.0% of the fraud is reported in the end: half of that within" in text) == (name == "late")
        assert (page.parent / "labels.png").exists() == (name == "late")
