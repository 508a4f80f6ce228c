"""Categories and day parts from noisy shares: weights, order, and whether they depend on each other."""

from __future__ import annotations

import numpy as np
import pytest

from vecgen.config.loader import DEFAULT_PROFILES, load_profiles
from vecgen.config.profile import Profile
from vecgen.fit.private.noise import NoisyTable
from vecgen.fit.private.noisy_choices import fit_noisy_choices, recognise_noisy

NAMES = tuple(f"category {letter}" for letter in "abcd")


@pytest.fixture(scope="module")
def usual() -> Profile:
    profile = load_profiles(DEFAULT_PROFILES).regular[0]
    part = {"categories": NAMES, "category_weights": (1.0,) * 4, "amounts": profile.amounts[:4]}
    return Profile(**{**vars(profile), **part})


CUT = np.array([[0.0, 200.0, 0.0, 100.0], [400.0, 0.0, 300.0, 0.0]])
MIXED = np.outer([0.3, 0.7], [400.0, 200.0, 300.0, 100.0])


def test_weights_and_order_follow_the_shares(usual: Profile) -> None:
    found = fit_noisy_choices(NoisyTable(CUT, 1.0), 1000.0, 365.0, NAMES, usual, "v0.5")
    assert {*found.choices.categories[:2]} == {"category b", "category d"}  # those of the morning come first
    weights = dict(zip(found.choices.categories, found.choices.weights, strict=True))
    assert [weights[name].value for name in NAMES] == pytest.approx([1.6, 0.8, 1.2, 0.4], rel=1e-3)
    shares = dict(zip(found.choices.parts, found.choices.shares, strict=True))
    assert shares["AM"].value / shares["PM"].value == pytest.approx(3 / 7, rel=1e-3)
    assert found.known.all()


def test_errors_hold_the_noise(usual: Profile) -> None:
    noise = [fit_noisy_choices(NoisyTable(CUT, s), 1000.0, 1e6, NAMES, usual, "v0.5") for s in (0.0, 10.0)]
    small, large = (own.choices.weights[0].error or 0.0 for own in noise)
    assert small < 0.001
    assert large == pytest.approx(4 * np.sqrt(2.0) * 10.0 / 1000.0, rel=0.01)  # of a sum of weights of 4


def test_a_category_that_noise_hides_gets_its_usual_weight(usual: Profile) -> None:
    cells = CUT.copy()
    cells[0, 3] = 10.0
    found = fit_noisy_choices(NoisyTable(cells, 5.0), 910.0, 365.0, NAMES, usual, "v0.5")
    assert found.known.tolist() == [True, True, True, False]
    assert "category d" in found.choices.categories


@pytest.mark.parametrize(("cells", "law"), [(CUT, "v0.5"), (MIXED, "independent")])
def test_the_law_is_recognised_through_noise(cells: np.ndarray, law: str) -> None:
    wave = 8.0 * np.sin(np.arange(8)).reshape(2, 4)
    assert recognise_noisy(NoisyTable((cells + wave)[np.newaxis], 7.0)) == law


def test_noise_hides_the_law_of_few() -> None:
    assert recognise_noisy(NoisyTable(CUT[np.newaxis] / 50.0, 10.0)) is None
