"""Locks on disk: one run at a time holds an output. Leases in a store: tests/attacks/test_lease.py."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vecgen.errors import OutputError
from vecgen.stores.lock import HOLDER, LOCK, LostError, Permit, hold, is_held, is_surely_held, refuse_run


def test_a_lock_is_held_by_one_and_given_back(tmp_path: Path) -> None:
    lock, output = tmp_path / "p" / LOCK, tmp_path
    assert not is_held(lock)
    with hold(lock, output) as lease:
        lease.prove()
        assert is_held(lock)
        assert is_surely_held(lease)
        named = rf"another run \(process {os.getpid()} on [\w.-]+\) is writing {output}; wait for it"
        with pytest.raises(OutputError, match=named), hold(lock, output):
            pass
        assert str(refuse_run(lock, output)).startswith("output: another run (process")
    assert not is_held(lock)
    with hold(lock, output) as again:
        again.prove()


def test_a_holder_that_was_replaced_has_lost(tmp_path: Path) -> None:
    lock = tmp_path / "p" / LOCK
    with hold(lock, tmp_path) as lease:
        permit = lease.permit
        permit.check()
        (lock.parent / HOLDER).write_text("another", encoding="utf-8")
        for check in (lease.prove, permit.check, lambda: is_surely_held(lease)):
            with pytest.raises(LostError, match="touches none of its files"):
                check()


def test_a_permit_without_its_file_is_lost(tmp_path: Path) -> None:
    with pytest.raises(LostError):
        Permit(tmp_path / HOLDER, "token", tmp_path).check()
