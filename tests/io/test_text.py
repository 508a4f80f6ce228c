"""Texts of equal width are formatted and parsed without loss."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from vecgen.io.text import fixed_text, number_halves, number_text, split_times, take_time, time_words


def test_transaction_numbers_are_read_back_as_they_were_printed() -> None:
    halves = np.array([[0, 0x0123456789ABCDEF], [2**64 - 1, 1]], dtype=np.uint64)
    text = number_text((halves[:, 0], halves[:, 1]))
    assert [len(number.as_py()) for number in text] == [32, 32]
    read = number_halves(text)
    assert read is not None
    assert read.tolist() == halves.tolist()


def test_what_is_no_transaction_number_is_told_from_one() -> None:
    assert number_halves(pa.array(["0" * 31 + "g"])) is None
    assert number_halves(pa.array(["0" * 31])) is None


def test_every_second_of_the_day_has_its_text() -> None:
    seconds = np.arange(86_400)
    words = take_time(seconds, split_times(time_words))
    text = fixed_text(words.view(np.uint8), 8).to_pylist()
    assert text == [f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}" for s in range(86_400)]
