"""Errors: several faults gathered into one, and what survives the way between processes."""

from __future__ import annotations

import pickle
from functools import partial

import pytest

from vecgen.errors import InputError, gather


def fail(*fields: str) -> None:
    def raise_one(field: str) -> None:
        raise InputError("f", field, 1, "2")

    gather(partial(raise_one, field) for field in fields)


def catch(*parts: object) -> InputError:
    with pytest.raises(InputError) as caught:
        gather(parts)  # type: ignore[arg-type]
    return caught.value


def test_results_stand_in_the_order_of_their_parts() -> None:
    assert gather([lambda: 1, lambda: "b"]) == [1, "b"]
    assert gather([]) == []


def test_the_first_fault_brings_the_others_along() -> None:
    error = catch(lambda: 1, partial(fail, "a", "b"), lambda: 2, partial(fail, "c"))
    assert str(error) == "f: a: got 1, expected 2"
    assert [fault.field for fault in error.further] == ["b", "c"]


def test_other_errors_are_not_gathered() -> None:
    with pytest.raises(ZeroDivisionError):
        gather([partial(fail, "a"), lambda: 1 / 0])


def test_faults_survive_pickling() -> None:
    error = pickle.loads(pickle.dumps(catch(partial(fail, "a", "b"))))
    assert (str(error), str(error.further[0])) == ("f: a: got 1, expected 2", "f: b: got 1, expected 2")
