"""What tests of commands share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def small(profiles: Path, demographics: Path) -> list[str]:
    """Return options of a small dataset."""
    options = ["--customers", "20", "--start", "12-20-2023", "--end", "2024-01-20", "--processes", "1"]
    return [*options, "--profiles", str(profiles), "--demographics", str(demographics)]
