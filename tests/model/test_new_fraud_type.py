"""New fraud types: copies that are ready to be used, and nothing where something is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.datasets import list_tree
from tests.support.fraud_types import shipped_types
from vecgen.config.loader import DEFAULT_PROFILES, load_profiles
from vecgen.errors import InputError
from vecgen.model.fraud.load_fraud_types import list_fraud_types, load_fraud_type
from vecgen.model.fraud.new_fraud_type import add_fraud_type


def test_a_new_directory_is_complete(tmp_path: Path) -> None:
    directory = tmp_path / "mine"
    add_fraud_type(directory, "card_testing", "probing")
    assert load_profiles(directory) == load_profiles(DEFAULT_PROFILES)
    files = list_fraud_types(directory)
    assert [*files] == ["probing"]
    assert load_fraud_type(files["probing"]) == replace(shipped_types()["card_testing"], name="probing")
    add_fraud_type(directory, "probing", "probing_more")
    assert [*list_fraud_types(directory)] == ["probing", "probing_more"]


@pytest.mark.parametrize(
    ("origin", "name", "expected"),
    [
        ("card_tests", "mine", "did you mean 'card_testing'"),
        ("card_testing", "bust_out", "a name that no fraud type has"),
        ("card_testing", "a b", "a fraud type name of at most .*rename the fraud type"),
    ],
)
def test_what_is_refused_leaves_nothing(origin: str, name: str, expected: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=expected):
        add_fraud_type(tmp_path / "mine", origin, name)
    assert list_tree(tmp_path) == []
