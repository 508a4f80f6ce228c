"""What attacks share: one store, a small request, its datasets as undisturbed runs write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attacks.targets import SMALL, Contents, Range, read_data
from tests.support.object_store import ObjectStore


@pytest.fixture(scope="session")
def request_options(profiles: Path, demographics: Path) -> tuple[str, ...]:
    """Return the options of a small dataset."""
    return (*SMALL, "--profiles", str(profiles), "--demographics", str(demographics))


@pytest.fixture(scope="session")
def near(request_options: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Range:
    """Return a place for outputs on disk."""
    return Range(tmp_path_factory.mktemp("near"), request_options)


@pytest.fixture(scope="session")
def far(request_options: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory, store: ObjectStore) -> Range:
    """Return a place for outputs in the store."""
    return Range(tmp_path_factory.mktemp("far"), request_options, store)


@pytest.fixture(scope="session")
def wholes(request_options: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> dict[int, Contents]:
    """Return the data files of an undisturbed run by its seed."""
    range_, found = Range(tmp_path_factory.mktemp("whole"), request_options), {}
    for seed in (1, 2, 3):
        target = range_.make(str(seed))
        assert target.run(target.ask(seed))[0] == 0
        found[seed] = read_data(target.root)
    return found
