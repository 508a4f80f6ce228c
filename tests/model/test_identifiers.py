"""Identifiers: card and social security numbers laid out without collisions, and those that nobody can have."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecgen.config.faker_lists import CardType, compile_word_lists
from vecgen.errors import InputError
from vecgen.model.identifiers import (
    ISSUED_SSNS,
    SAFE_CARD,
    SAFE_SSN,
    SAFE_SSNS,
    SsnRanges,
    compile_cards,
    compile_safe_cards,
)

Types = tuple[CardType, ...]
PER_AREA = 99 * 9999


@pytest.fixture(scope="module")
def types() -> Types:
    return compile_word_lists().card_types


def spell(ranges: SsnRanges, positions: list[int]) -> list[str]:
    numbers = ranges.spell(np.array(positions, dtype=np.uint64)).tolist()
    return [f"{number // 1_000_000:03}-{number // 10_000 % 100:02}-{number % 10_000:04}" for number in numbers]


def test_every_issued_social_security_number_is_met() -> None:
    assert ISSUED_SSNS.size == 898 * 99 * 9999 == 888_931_098
    corners = [0, 9998, 9999, PER_AREA - 1, 664 * PER_AREA, 665 * PER_AREA, ISSUED_SSNS.size - 1]
    assert spell(ISSUED_SSNS, corners) == [
        "001-01-0001",
        "001-01-9999",
        "001-02-0001",
        "001-99-9999",
        "665-01-0001",
        "667-01-0001",
        "899-99-9999",
    ]


def test_every_safe_social_security_number_is_met() -> None:
    assert SAFE_SSNS.size == 102 * 30 * 9999 == 30_596_940
    area = 30 * 9999
    corners = [0, area - 1, area, 2 * area - 1, 2 * area, SAFE_SSNS.size - 1]
    expected = ["000-11-0001", "000-48-9999", "666-11-0001", "666-48-9999", "900-11-0001", "999-48-9999"]
    assert spell(SAFE_SSNS, corners) == expected


TAX_GROUPS = {
    "ITIN": [*range(50, 66), *range(70, 89), *range(90, 93), *range(94, 100)],
    "ATIN": [93],
    "IRSN": [*range(1, 11), *range(17, 20), 28, 29, *range(37, 40), 49, 66, 89],
}


@given(st.integers(0, SAFE_SSNS.size - 1))
def test_a_safe_social_security_number_is_nobodys(position: int) -> None:
    (text,) = spell(SAFE_SSNS, [position])
    area, group, serial = map(int, text.split("-"))
    assert area in (0, 666) or area >= 900
    assert not any(group in groups for groups in TAX_GROUPS.values())
    assert group >= 1
    assert serial >= 1
    assert re.search(SAFE_SSN, text)


@pytest.mark.parametrize("kind", TAX_GROUPS)
def test_a_number_of_the_tax_office_is_not_safe(kind: str) -> None:
    assert not [group for group in TAX_GROUPS[kind] if re.search(SAFE_SSN, f"900-{group:02}-0001")]


@given(st.integers(0, ISSUED_SSNS.size - 1))
def test_a_number_of_the_law_is_not_safe(position: int) -> None:
    (text,) = spell(ISSUED_SSNS, [position])
    assert not re.search(SAFE_SSN, text)


@pytest.mark.parametrize(
    "text", ["900-50-0001", "999-93-1234", "901-70-1234", "667-01-0001", "900-00-0001", "9000100011"]
)
def test_what_is_no_safe_social_security_number(text: str) -> None:
    assert not re.search(SAFE_SSN, text)


def test_safe_cards_have_the_digits_of_the_others(types: Types) -> None:
    issued, safe = compile_cards(types), compile_safe_cards(types)
    assert safe.capacity == issued.capacity
    for slot in range(len(types)):
        digits = {int(cards.length[cards.first_range[slot]]) for cards in (issued, safe)}
        assert digits == {types[slot].length}
    firsts = [str(low).zfill(length - 1) for low, length in zip(safe.low.tolist(), safe.length.tolist(), strict=True)]
    assert all(re.search(SAFE_CARD, f"{first}0") for first in firsts)
    assert all(
        low % 10 ** (length - 3) == 0 for low, length in zip(safe.low.tolist(), safe.length.tolist(), strict=True)
    )


def test_no_issuer_of_the_law_has_safe_cards(types: Types) -> None:
    assert not any(prefix.startswith("9") for kind in types for prefix in kind.prefixes)


def test_card_ranges_hold_the_numbers_of_their_prefixes() -> None:
    cards = compile_cards([CardType(("06", "5#", "222%"), 8)])
    assert cards.low.tolist() == [600_000, 5_000_000, 2_221_000]
    assert cards.space.tolist() == [100_000, 1_000_000, 9_000]
    assert cards.capacity == 3 * 9_000


def test_issuers_listed_twice_share_their_numbers_evenly() -> None:
    once, twice = CardType(("4",), 6), CardType(("35",), 6)
    cards = compile_cards([twice, once, twice])
    assert cards.lanes.tolist() == [2, 1, 2]
    assert cards.lane.tolist() == [0, 0, 1]
    assert cards.first_range.tolist() == [0, 1, 0]
    assert cards.capacity == 3 * 500


def test_faker_issuers_suffice_for_a_billion_and_a_half(types: Types) -> None:
    cards = compile_cards(types)
    assert cards.capacity == 12 * 13 * 10**7
    numbers = list(zip(cards.length.tolist(), cards.low.tolist(), cards.space.tolist(), strict=True))
    spans = sorted((length, low, low + space) for length, low, space in numbers)
    assert all(a[0] < b[0] or a[2] <= b[1] for a, b in pairwise(spans))
    assert max(low + space for _, low, space in numbers) <= 10**18


@pytest.mark.parametrize("other", [("51",), ("5#",), ("5",), ("511",)])
def test_refuses_prefixes_that_contain_each_other(other: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="prefixes of 16 digits"):
        compile_cards([CardType(("51",), 16), CardType((*other, "4"), 16)])


def test_the_same_prefix_with_another_length_is_another_range() -> None:
    assert np.array_equal(compile_cards([CardType(("4",), 13), CardType(("4",), 16)]).length, [13, 16])
