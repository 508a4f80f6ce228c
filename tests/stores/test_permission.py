"""The check before every write: the innermost one counts, in this thread alone."""

from __future__ import annotations

import threading

import pytest

from vecgen.errors import OutputError
from vecgen.stores.permission import ask_permission, asking, asking_nobody


def refuse(anew: bool = False) -> None:
    raise OutputError(f"lost, asked anew: {anew}")


def test_the_check_is_asked_while_the_block_runs() -> None:
    with asking(refuse):
        with pytest.raises(OutputError, match="lost, asked anew: False"):
            ask_permission()
        with pytest.raises(OutputError, match="lost, asked anew: True"):
            ask_permission(anew=True)
    assert count_refusals() == 0


def test_a_lease_need_not_ask_itself() -> None:
    with asking(refuse), asking_nobody():
        assert count_refusals() == 0
    with asking_nobody(), asking(refuse):
        assert count_refusals() == 1


def test_a_check_is_of_its_thread() -> None:
    counted: list[int] = []
    with asking(refuse):
        thread = threading.Thread(target=lambda: counted.append(count_refusals()))
        thread.start()
        thread.join()
    assert counted == [0]


def count_refusals() -> int:
    try:
        ask_permission()
    except OutputError:
        return 1
    return 0
