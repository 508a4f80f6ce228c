"""Pieces of a page: what comes from outside is escaped, numbers keep their digits."""

from __future__ import annotations

import pytest

from vecgen.report.html_elements import (
    Markup,
    count,
    dollars,
    percent,
    plain_dollars,
    section,
    share,
    short_dollars,
    table,
)

NO_BREAK = "\N{NO-BREAK SPACE}"


def test_cells_are_escaped_unless_they_are_markup() -> None:
    text = table("a & b", ["<h>", "n"], [["<script>", Markup("<b>1</b>")]], foot=["all", "&"])
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert '<td class="number"><b>1</b></td>' in text
    assert 'aria-label="a &amp; b"' in text
    assert '<tfoot><tr><th scope="row">all</th><td class="number">&amp;</td></tr>' in text


def test_columns_of_text_and_rows_of_a_kind() -> None:
    text = table("t", ["a", "b", "c"], [["1", "2", "3"]] * 2, text=(1,), words=(2,), kinds=lambda i: " id" * i)
    assert text.count('<td>2</td><td class="words">3</td>') == 2
    assert text.count("<tr id>") == 1


def test_sections_have_a_place_to_jump_to() -> None:
    assert section("Is it <so>?", "").startswith('<section id="is-it-so" aria-labelledby="is-it-so-title">')
    assert "Is it &lt;so&gt;?" in section("Is it <so>?", "")


@pytest.mark.parametrize(
    ("value", "digits"), [(0.0, "0"), (1.0, "100"), (0.43, "43.0"), (0.0000589, "0.00589"), (0.9999, "100")]
)
def test_shares(value: float, digits: str) -> None:
    assert share(value) == f"{digits}{NO_BREAK}%"


def test_numbers() -> None:
    assert (percent(1, 8), percent(1, 0)) == (f"12.5{NO_BREAK}%", "-")
    assert (dollars(1050, 2), dollars(0, 0)) == ("$5.25", "-")
    assert (plain_dollars(1234.5), plain_dollars(float("nan"))) == ("$1,234.50", "-")
    assert [short_dollars(cents) for cents in (99_900, 123_456_789, 10**12)] == ["$999", "$1.23 m", "$10.00 bn"]
    assert (count(1, "row"), count(2000, "row")) == ("1 row", "2,000 rows")
