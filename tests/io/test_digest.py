"""The digest: sums of row hashes that notice every change but those of order."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vecgen.io.digest import Digest, as_words, digest_words, hash_texts, multiplier, whole
from vecgen.io.schema import COLUMNS

words = st.lists(st.integers(0, 2**64 - 1), max_size=30)
columns = {column.name: column for column in COLUMNS}


def digest(values: list[int]) -> Digest:
    return digest_words(np.array(values, dtype=np.uint64))


@given(words, words)
def test_digests_of_parts_add_up(left: list[int], right: list[int]) -> None:
    assert digest(left) + digest(right) == digest(left + right) == digest(right + left)


@given(words)
def test_order_does_not_matter(values: list[int]) -> None:
    assert digest(values) == digest(sorted(values))


@given(words.filter(bool), st.integers(0, 63))
def test_both_sums_notice_one_bit(values: list[int], bit: int) -> None:
    before, after = digest(values), digest([values[0] ^ (1 << bit), *values[1:]])
    assert before.first != after.first
    assert before.second != after.second


def test_rows_count_though_they_are_equal() -> None:
    assert len({str(digest([7] * rows)) for rows in range(100)}) == 100


def test_an_empty_digest_prints_as_zeros() -> None:
    assert str(Digest()) == str(digest([])) == "0" * 32


def test_digests_print_with_leading_zeros() -> None:
    assert str(Digest(1, 0xAB, 0xCD)) == "00000000000000ab00000000000000cd"


@given(st.lists(st.text(max_size=12), max_size=12))
def test_texts_hash_alone_as_together(texts: list[str]) -> None:
    together = hash_texts(*_pack(texts))
    assert together.tolist() == [int(hash_texts(*_pack([text]))[0]) for text in texts]


@given(st.lists(st.text(max_size=12), max_size=12), st.integers(0, 12))
def test_texts_hash_in_a_slice_as_in_the_whole(texts: list[str], start: int) -> None:
    data, offsets = _pack(texts)
    start = min(start, len(texts))
    assert hash_texts(data, offsets[start:]).tolist() == hash_texts(data, offsets)[start:].tolist()


def test_texts_that_people_mistake_hash_differently() -> None:
    texts = ["", "\0", "0", "00", "ab", "ba", "a", "b", "aa", "abab", "baba", "\u00e9", "e\u0301"]
    assert len(set(hash_texts(*_pack(texts)).tolist())) == len(texts)


def test_multipliers_are_odd_and_distinct() -> None:
    multipliers = [int(multiplier(name, half)) for name in columns for half in (0, 1)]
    assert len(set(multipliers)) == 52
    assert all(number % 2 for number in multipliers)


def test_floating_point_values_are_read_as_printed() -> None:
    assert whole(np.array([0.29, 1.1, 1e6 + 0.01]), columns["amt"]).tolist() == [29, 110, 100_000_001]
    assert whole(np.array([0.1 + 0.2, -0.000001]), columns["merch_lat"]).view(np.int64).tolist() == [300_000, -1]


def test_negative_numbers_are_words_too() -> None:
    assert as_words(np.array([-1, 0], dtype=np.int8)).tolist() == [2**64 - 1, 0]


def _pack(
    texts: list[str],
) -> tuple[np.ndarray[tuple[int], np.dtype[np.uint8]], np.ndarray[tuple[int], np.dtype[np.int64]]]:
    encoded = [text.encode() for text in texts]
    offsets = np.cumsum([0, *map(len, encoded)])
    return np.frombuffer(b"".join(encoded), dtype=np.uint8), offsets
