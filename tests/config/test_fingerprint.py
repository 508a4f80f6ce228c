"""Fingerprints: content decides, not the kind, module or machine it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pytest

from vecgen.config.fingerprint import fingerprint


@dataclass(frozen=True)
class Here:
    number: int
    days: tuple[date, ...]


@dataclass(frozen=True)
class There:
    days: tuple[date, ...]
    number: int


def test_names_of_classes_do_not_count() -> None:
    days = (date(2023, 1, 1),)
    expected = fingerprint({"number": 1, "days": ["2023-01-01"]})
    assert fingerprint(Here(1, days)) == fingerprint(There(days, 1)) == expected


def test_a_known_value() -> None:
    value = {"b": [1, 2.5, None, True, "é", float("inf")], "a": np.arange(3, dtype=np.int16)}
    assert fingerprint(value) == "bbddb2ee1862660d"


def test_bytes_order_of_the_machine_does_not_count() -> None:
    assert fingerprint(np.arange(5, dtype=">i4")) == fingerprint(np.arange(5, dtype="<i4"))


@pytest.mark.parametrize(
    "other", [[1, 2], [2, 1, 3], ["1", 2, 3], {"a": 1}, np.array([1, 2, 3]), np.array([1, 2, 3], dtype=np.int8)]
)
def test_other_values_have_others(other: object) -> None:
    assert fingerprint(other) != fingerprint([1, 2, 3])
    assert fingerprint(np.array([1, 2, 3])) != fingerprint(np.array([[1, 2, 3]]))


def test_what_is_no_value_is_refused() -> None:
    with pytest.raises(TypeError, match="object has no fingerprint"):
        fingerprint([object()])
