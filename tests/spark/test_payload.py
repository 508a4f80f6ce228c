"""Payloads: unpickled once by each process."""

from __future__ import annotations

from vecgen.spark.payload import make_payload


def test_a_payload_is_opened_once() -> None:
    payload, other = make_payload(["a", "b"]), make_payload(["c"])
    first = payload.open()
    assert first == ["a", "b"]
    assert payload.open() is first
    assert other.open() == ["c"]
    assert payload.open() is not first  # one value at a time is kept
