"""Charts: drawn of the least and the strangest dataset, and in the reader's colours."""

from __future__ import annotations

from datetime import date
from xml.etree import ElementTree

import numpy as np
import pytest

from vecgen.model.params import Period
from vecgen.report.baselines import CELLS
from vecgen.report.charts import _make_label, describe_weight, draw_charts, share_outside
from vecgen.report.figures import Chart
from vecgen.report.summary import ProfileSummary, SeasonSpan, Summary
from vecgen.scan.counts import MAP_CELLS

DAY = date(2024, 2, 29)


def summarise_one_row() -> Summary:
    """Return the summary of a single regular row, in a category that looks like a formula and like markup."""
    rows = np.zeros((2, 2, 24, CELLS), dtype=np.int64)
    rows[0, 1, 23, 50] = 1
    homes, purchases = np.zeros(MAP_CELLS, dtype=np.int64), np.zeros((2, *MAP_CELLS), dtype=np.int64)
    homes[0, 0] = purchases[0, 0, 0] = 1  # a corner of the map
    season = SeasonSpan("a_day", DAY, DAY, 50.0, 150.0)
    profile = ProfileSummary("p", 1, 0, (1, 0), (100, 0))
    days = np.array([[1], [0]])
    return Summary(Period(DAY, DAY), (season,), ("$a$", "<b> & $c$"), (profile,), 1, days, rows, homes, purchases)


@pytest.fixture(scope="module")
def charts() -> list[Chart]:
    return draw_charts(summarise_one_row())


def test_a_single_row_can_be_drawn(charts: list[Chart]) -> None:
    assert [chart.name for chart in charts] == ["days", "hours", "amounts", "map"]
    for chart in charts:
        width, height = chart.size
        assert width > 2 * chart.narrow_size[0]
        assert 100 < height < 1000
        assert "nan" not in chart.alt


def test_names_are_drawn_as_they_are(charts: list[Chart]) -> None:
    for chart in (charts[1], charts[2]):
        for svg in (chart.wide, chart.narrow):
            texts = {element.text for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("text")}
            assert {"$a$", "<b> & $c$"} <= texts


def test_every_colour_of_a_line_or_text_is_the_readers(charts: list[Chart]) -> None:
    for chart in charts:
        for svg in (chart.wide, chart.narrow):
            style, _, drawing = svg.decode().partition("</style>")
            assert "prefers-color-scheme:dark" in style
            assert "#" not in "".join(
                part for part in drawing.split('"') if part.startswith(("fill", "stroke", "font"))
            )
            assert "DejaVu" not in drawing


def test_weights_in_words() -> None:
    assert describe_weight(SeasonSpan("s", DAY, DAY, 200.0, 200.0)) == "\u00d7 2"
    assert describe_weight(SeasonSpan("s", DAY, DAY, 50.0, 125.0)) == "\u00d7 0.5 to 1.25"


def test_a_season_is_named_as_far_as_there_is_room() -> None:
    span = SeasonSpan("post_holidays", DAY, DAY, 75.0, 75.0)
    labels = [_make_label(span, room) for room in (3.0, 0.3, 0.01)]
    assert [label and label.text for label in labels] == ["post\nholidays\n\u00d7 0.75", "post holidays", None]
    assert _make_label(SeasonSpan("a_name_that_nobody_could_write_upright", DAY, DAY, 75.0, 75.0), 0.3) is None


def test_days_stay_below_the_names_of_seasons(charts: list[Chart]) -> None:
    assert b"a day" in charts[0].wide  # the only season takes the whole width
    assert b"\xc3\x97 0.5 to 1.5" in charts[0].wide


def test_hours_are_written_alike(charts: list[Chart]) -> None:
    texts = {e.text for e in ElementTree.fromstring(charts[1].wide).iter() if e.tag.endswith("text")}
    assert {"00:00", "06:00", "12:00", "18:00", "24:00"} <= texts
    assert "23:00" in charts[1].alt


def test_every_map_has_its_axes(charts: list[Chart]) -> None:
    texts = [e.text or "" for e in ElementTree.fromstring(charts[3].narrow).iter() if e.tag.endswith("text")]
    east_west = [text for text in texts if text.endswith(("\u00b0W", "\u00b0E"))]
    assert len(east_west) >= 3
    assert len(east_west) == 3 * len(set(east_west))


def test_nobody_lives_outside_a_map_of_one_customer() -> None:
    assert share_outside(summarise_one_row()) == 0.0
