"""The page of a report in a real browser: nothing sticks out at the width of a phone, and paper is filled."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from vecgen.records.receipt import Receipt
from vecgen.report.build import PAGE, write_report
from vecgen.verify.expectation import read_expectation

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next((path for name in _NAMES if (path := shutil.which(name))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on PATH")

QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--virtual-time-budget=5000",
)
MEASURE = """<script>addEventListener("load", () => {
  const all = s => [...document.querySelectorAll(s)], wide = window.innerWidth;
  document.documentElement.dataset.found = JSON.stringify({
    wide,
    page: document.documentElement.scrollWidth,
    out: all("section, figure, img, pre, p, h2, .scroll").filter(e => e.getBoundingClientRect().right > wide + 1)
      .map(e => e.outerHTML.slice(0, 80)),
    cut: all(".scroll").filter(e => e.scrollWidth > e.clientWidth).length,
    unshaded: all(".scroll").filter(e => !getComputedStyle(e).backgroundImage.includes("linear-gradient")).length,
    broken: all("img").filter(e => e.offsetWidth && !e.naturalWidth).length,
    shown: all("img").filter(e => e.offsetWidth).map(e => e.className),
  });
});</script></body>"""


@pytest.fixture(scope="module")
def page(parquet: tuple[Path, Receipt], tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("browser") / "r"
    write_report(parquet[0], read_expectation(parquet[0], {}), output)
    return output / PAGE


def browse(scratch: Path, *arguments: str) -> str:
    assert BROWSER
    run = [BROWSER, *QUIET, f"--user-data-dir={scratch / 'profile'}", *arguments]
    return subprocess.run(run, check=True, timeout=120, capture_output=True, text=True).stdout


@pytest.mark.parametrize(("width", "form"), [(390, "narrow"), (1280, "wide")])
def test_nothing_sticks_out(page: Path, tmp_path: Path, width: int, form: str) -> None:
    copy = tmp_path / "copy.html"
    copy.write_text(page.read_text(encoding="utf-8").replace("</body>", MEASURE), encoding="utf-8")
    dom = browse(tmp_path, f"--window-size={width},844", "--dump-dom", copy.as_uri())
    encoded = re.search(r'data-found="([^"]*)"', dom)
    assert encoded
    found = json.loads(encoded[1].replace("&quot;", '"').replace("&lt;", "<").replace("&gt;", ">"))
    assert found["page"] <= found["wide"]
    assert (found["out"], found["unshaded"], found["broken"]) == ([], 0, 0)
    assert found["shown"] == [form] * 5
    assert (found["cut"] > 0) == (form == "narrow")


def test_paper_is_filled(page: Path, tmp_path: Path) -> None:
    pdf = tmp_path / "p.pdf"
    browse(tmp_path, f"--print-to-pdf={pdf}", "--no-pdf-header-footer", page.as_uri())
    assert len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes())) in (4, 5, 6, 7)
