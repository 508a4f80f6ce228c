"""The shipped profiles, which several of these tests read."""

from __future__ import annotations

import pytest

from vecgen.config.loader import DEFAULT_PROFILES, load_profiles
from vecgen.config.profile import ProfileSet


@pytest.fixture(scope="module")
def shipped() -> ProfileSet:
    return load_profiles(DEFAULT_PROFILES)
