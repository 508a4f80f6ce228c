"""Signals that end a run become one exception, with the status that shells expect."""

from __future__ import annotations

import signal

import pytest

from vecgen.process.interrupts import SIGNALS, Interrupted, exit_status, raising_interrupts


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_each_signal_is_raised_with_its_status(number: int, status: int) -> None:
    handler = signal.signal(number, signal.SIG_DFL)  # an earlier test, or a shell, may have ignored it
    before = [signal.getsignal(each) for each in SIGNALS]
    with pytest.raises(Interrupted) as caught, raising_interrupts():
        signal.raise_signal(number)
    assert exit_status(caught.value) == status
    assert [signal.getsignal(each) for each in SIGNALS] == before
    signal.signal(number, handler)


def test_a_plain_keyboard_interrupt_is_ctrl_c() -> None:
    assert exit_status(KeyboardInterrupt()) == 130


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with raising_interrupts():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
