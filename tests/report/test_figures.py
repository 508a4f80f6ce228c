"""Forms of a chart: pictures whose colours are the reader's, the same bytes each time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

pytest.importorskip("matplotlib")

from vecgen.report.figures import Chart, draw_forms, make_figure, require_matplotlib, settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(wide: bool) -> Figure:
    figure = make_figure(6.0 if wide else 3.0, 2.0)
    figure.subplots().plot([1, 2], [3, 4])
    return figure


def chart() -> Chart:
    require_matplotlib()
    with settings():
        return draw_forms("days", "Two points", draw)


def test_a_chart_has_its_forms() -> None:
    drawn = chart()
    assert (drawn.size, drawn.narrow_size) == ((576, 192), (288, 192))
    assert drawn.png.startswith(b"\x89PNG")
    assert drawn.wide.startswith(b"<svg")
    assert b"prefers-color-scheme:dark" in drawn.narrow


def test_a_chart_is_a_function_of_its_data() -> None:
    assert chart().png == chart().png
