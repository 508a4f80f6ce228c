"""What tests of runs share: datasets written through Python, each in a new directory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import vecgen

WriteDataset = Callable[..., Path]


@pytest.fixture(scope="session")
def write_dataset(tmp_path_factory: pytest.TempPathFactory) -> WriteDataset:
    """Return a function that writes a dataset as asked for, and returns its directory."""

    def write(**asked: Any) -> Path:
        output = tmp_path_factory.mktemp("written") / "data"
        vecgen.write_dataset(output=output, quiet=True, **asked)
        return output

    return write
