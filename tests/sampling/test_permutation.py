"""Keyed permutations: one to one, keyed, and as good as random on consecutive numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from vecgen.sampling.permutation import MAX_SIZE, derive_permutation_keys, permute, permute_ids

keys = st.integers(-(2**70), 2**70)


def count_up(size: int, start: int = 0) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.arange(start, start + size, dtype=np.uint64)


@pytest.mark.parametrize("size", [*range(1, 130), 255, 256, 257, 1000, 4095, 4096, 65_537, 1_000_003])
def test_every_number_is_met_once(size: int) -> None:
    for key in (0, 1, -7):
        assert np.array_equal(np.sort(permute(count_up(size), size, key)), count_up(size))


@given(size=st.integers(1, MAX_SIZE), key=keys, data=st.data())
def test_images_stay_below_the_size_and_differ(size: int, key: int, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=50, unique=True))
    images = permute(np.array(values, dtype=np.uint64), size, key)
    assert images.max() < size
    assert len(set(images.tolist())) == len(values)


@given(sizes=st.lists(st.integers(1, MAX_SIZE), min_size=1, max_size=20), key=keys)
def test_a_size_and_key_per_value_select_the_same_bijection(sizes: list[int], key: int) -> None:
    values = np.array([size // 2 if size > 1 else 0 for size in sizes], dtype=np.uint64)
    each = np.full(len(sizes), key % 2**64, dtype=np.uint64)
    together = permute(values, np.array(sizes, dtype=np.uint64), each)
    alone = [int(permute(values[i : i + 1], size, key)[0]) for i, size in enumerate(sizes)]
    assert together.tolist() == alone


def test_the_bits_are_part_of_every_dataset() -> None:
    assert permute(count_up(4), 10, 1).tolist() == [4, 2, 9, 7]
    assert permute(count_up(3), 10**12, 2).tolist() == [558582019975, 299289990468, 237839497905]
    assert permute(count_up(2), MAX_SIZE, 3).tolist() == [526077792893766778, 2874749604939462262]


def test_different_keys_give_different_orders() -> None:
    orders = np.array([permute(count_up(1000), 1000, key) for key in range(200)])
    agreements = sum(int((orders[i] == orders[j]).sum()) for i in range(200) for j in range(i))
    pairs = 200 * 199 // 2  # two random orders of anything agree in one place on average
    assert abs(agreements - pairs) < 5 * np.sqrt(pairs)


@pytest.mark.parametrize("size", [999, 10**6, 898 * 99 * 9999, 10**12, MAX_SIZE])
def test_consecutive_numbers_land_uniformly_and_independently(size: int) -> None:
    images = np.concatenate([permute(count_up(999), size, key) for key in range(200)]).astype(np.float64)
    cells = np.floor(images / size * 30).astype(np.int64).reshape(200, 999)
    assert stats.chisquare(np.bincount(cells.ravel(), minlength=30)).pvalue > 1e-4
    pairs = np.bincount((cells[:, :-1] * 30 + cells[:, 1:]).ravel(), minlength=900)
    assert stats.chisquare(pairs).pvalue > 1e-4


def test_small_sizes_reach_all_places_alike() -> None:
    first = np.array([int(permute(count_up(1), 24, key)[0]) for key in range(6000)])
    assert stats.chisquare(np.bincount(first, minlength=24)).pvalue > 1e-4


def test_ids_past_the_size_go_round_again_whatever_their_company() -> None:
    ids = count_up(3000, start=500)
    images = permute_ids(ids, 1000, 5)
    assert np.array_equal(images[:500], permute(count_up(500, 500), 1000, 5))
    laps = [np.sort(images[500 + lap * 1000 : 1500 + lap * 1000]) for lap in range(2)]
    assert all(np.array_equal(lap, count_up(1000)) for lap in laps)
    assert not np.array_equal(images[500:1500], images[1500:2500])
    assert np.array_equal(permute_ids(ids[::7], 1000, 5), images[::7])


def test_permutation_keys_differ_by_seed_and_number() -> None:
    derived = np.concatenate([derive_permutation_keys(seed, np.arange(50)) for seed in (-1, 0, 1, 2**64 + 5)])
    assert len(np.unique(derived)) == 200


@pytest.mark.parametrize("size", [0, MAX_SIZE + 1])
def test_refuses_impossible_sizes(size: int) -> None:
    with pytest.raises(ValueError, match="size"):
        permute(count_up(1), size, 0)


def test_refuses_values_outside_the_set() -> None:
    with pytest.raises(ValueError, match="values"):
        permute(count_up(3), 2, 0)


def test_no_values_give_no_images() -> None:
    assert len(permute(count_up(0), 10, 0)) == 0
