"""The page of a comparison: it says what was found, needs nothing beside it, and replaces nothing but its like."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("matplotlib")

import vecgen
from tests.support.datasets import list_tree
from tests.support.pages import Page
from vecgen.errors import InputError, OutputError
from vecgen.report.comparison.findings import Comparison


@pytest.fixture(scope="module")
def found(
    spring: Path, write_spring: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Comparison, Path]:
    other = write_spring("a<b", dependence="independent")
    page = tmp_path_factory.mktemp("page") / "new" / "compared.html"
    return vecgen.compare_datasets(spring, other, output=page, quiet=True, classifier=False), page


def test_the_page_says_what_was_found(found: tuple[Comparison, Path]) -> None:
    comparison, path = found
    page = Page(path.read_text(encoding="utf-8"))
    rows = {row[0]: row[1:] for row in page.rows}
    for finding in comparison.findings:
        assert rows[finding.name][1:4] == [finding.verdict, f"{finding.effect:.5f}", f"{finding.by_chance:.5f}"]
    text = path.read_text(encoding="utf-8")
    assert "They differ" in text
    assert f"{comparison.one.rows:,}" in text
    assert "a&lt;b" in text
    assert "a<b" not in text


def test_the_page_needs_nothing_beside_it(found: tuple[Comparison, Path]) -> None:
    path = found[1]
    assert list_tree(path.parent) == [path.name]
    page = Page(path.read_text(encoding="utf-8"))
    sources = [attributes["src"] or "" for tag, attributes in page.tags if tag == "img"]
    assert len(sources) == 10
    assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)
    assert not re.search(r'(?:src|href)="(?!data:|#)', path.read_text(encoding="utf-8"))


def test_an_earlier_page_is_replaced_and_nothing_else(
    found: tuple[Comparison, Path], spring: Path, tmp_path: Path
) -> None:
    earlier = tmp_path / "compared.html"
    earlier.write_bytes(found[1].read_bytes())
    vecgen.compare_datasets(spring, spring, output=earlier, quiet=True, classifier=False)
    assert "No difference beyond chance" in earlier.read_text(encoding="utf-8")
    for name, content in (("notes.txt", b"mine"), ("picture", b"\xff\xfe")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(OutputError, match="holds something else"):
            vecgen.compare_datasets(spring, spring, output=tmp_path / name, quiet=True)
        assert (tmp_path / name).read_bytes() == content
    with pytest.raises(OutputError, match="holds something else"):
        vecgen.compare_datasets(spring, spring, output=tmp_path, quiet=True)


def test_without_matplotlib_nothing_is_read(spring: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(InputError, match="vecgen compare: got 'no Matplotlib'"):
        vecgen.compare_datasets("nowhere", spring, output=tmp_path / "p.html", quiet=True)
    assert list_tree(tmp_path) == []
