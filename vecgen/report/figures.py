"""Figures as a page shows them: SVG that follows the reader's light or dark page, and PNG.

Figures are made without Matplotlib's global state, and the same figure gives the same bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from vecgen.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK: Final = "#1c2529"
MUTED: Final = "#56656d"
LINE: Final = "#d5dcdf"
SEASON: Final = "#eef1ee"
REGULAR: Final = "#1f6f8b"
FRAUD: Final = "#c24a2c"
_DARK: Final = {
    INK: "#e8edef",
    MUTED: "#a5b3ba",
    LINE: "#37444b",
    SEASON: "#232d33",
    REGULAR: "#58b4d1",
    FRAUD: "#f08866",
}
"""What each colour becomes on a dark page; cells of maps and tables of hours keep theirs, which suit both."""

_FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_SETTINGS: Final[Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "vecgen",  # else the names of clipping paths would differ each time
    "font.size": 10,
    "text.parse_math": False,  # a dollar is a dollar
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.titlecolor": INK,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}
_PNG_DPI: Final = 120


@dataclass(frozen=True)
class Chart:
    """A picture in its forms.

    Attributes:
        name: Of its file, without suffix.
        alt: What it shows, in words.
        size, narrow_size: Width and height in pixels of the page.
    """

    name: str
    alt: str
    wide: bytes
    narrow: bytes
    png: bytes
    size: tuple[int, int]
    narrow_size: tuple[int, int]


def require_matplotlib(command: str = "vecgen report") -> None:
    """Raise InputError where Matplotlib is not installed, which a command needs."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        remedy = "pip install matplotlib"
        raise InputError(command, "", "no Matplotlib", "Matplotlib, which draws the charts", remedy) from None


def settings() -> AbstractContextManager[None]:
    """Return a context in which figures look as ours do, whatever the user's own settings are."""
    from matplotlib import style

    return style.context(["default", _SETTINGS])


def draw_forms(name: str, alt: str, draw: Callable[[bool], Figure]) -> Chart:
    """Return a chart in all its forms; `draw` makes the wide figure of True and the narrow one of False."""
    wide, narrow = draw(True), draw(False)
    png = io.BytesIO()
    wide.savefig(png, format="png", dpi=_PNG_DPI, facecolor="white")
    return Chart(
        name=name,
        alt=alt,
        wide=_to_svg(wide),
        narrow=_to_svg(narrow),
        png=png.getvalue(),
        size=_pixels(wide),
        narrow_size=_pixels(narrow),
    )


def _pixels(figure: Figure) -> tuple[int, int]:
    width, height = figure.get_size_inches()
    return round(width * 96), round(height * 96)


def _to_svg(figure: Figure) -> bytes:
    """Return a figure as SVG whose colours are variables, in the reader's own font."""
    out = io.BytesIO()
    figure.savefig(out, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    text = out.getvalue().decode("utf-8")
    text = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>", "", text, flags=re.DOTALL).lstrip()
    text = re.sub(r"(font(?:-family)?: [^;\"]*?)'DejaVu Sans'[^;\"]*", rf"\1{_FONT}", text)
    text = re.sub(r"(\.\d\d)\d+", r"\1", text)  # hundredths of a point are enough
    names = {colour: f"--c{number}" for number, colour in enumerate(_DARK)}
    for colour, name in names.items():
        text = text.replace(colour, f"var({name})")
    light = "".join(f"{name}:{colour};" for colour, name in names.items())
    dark = "".join(f"{names[colour]}:{other};" for colour, other in _DARK.items())
    style = f"<style>:root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}</style>"
    return re.sub(r"(<svg[^>]*>)", lambda found: found[1] + style, text, count=1).encode()


def make_figure(width: float, height: float) -> Figure:
    """Return an empty figure of a size in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")
