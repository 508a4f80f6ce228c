"""The client of a bucket: where its credentials come from. Conditions of requests: test_objects.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from vecgen.stores.bucket import NoConditionsError, _find_credentials


def test_keys_of_the_options_count_first() -> None:
    given = {"access_key": "a", "secret_key": "b", "session_token": "c", "region": "r"}
    assert set(_find_credentials(given).values()) >= {"a", "b", "c"}


def test_keys_of_a_profile_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "credentials"
    file.write_text("[work]\naws_access_key_id = a\naws_secret_access_key = b\n", encoding="utf-8")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    monkeypatch.setenv("AWS_PROFILE", "work")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    assert set(_find_credentials({}).values()) >= {"a", "b"}


def test_a_store_without_conditions_is_an_error_of_the_system() -> None:
    assert issubclass(NoConditionsError, OSError)  # as all that a bucket raises
