"""Days with frauds among honest rows: few rows, subset by subset, against cutting what frauds share into pieces."""

from __future__ import annotations

import numpy as np
import pytest

from tests.model.test_posterior import CATEGORIES, REGULAR, TWIN, Row, seen
from tests.model.test_typed_posterior import KINDS, law_of
from vecgen.config.profile import ProfileSet
from vecgen.model.odds import mixed_days
from vecgen.model.odds.posterior import Posterior

EVENING: list[Row] = [
    (80_000 + 400 * n, n % len(CATEGORIES), 3950 + 20 * n, 90_000 * n, 5 - 30_000 * n) for n in range(6)
]


@pytest.mark.parametrize("kind", ["customer, kept", "remote, kept", "burst, kept", "all at once"])
@pytest.mark.parametrize("travel", [False, True])
def test_subsets_say_what_pieces_say(kind: str, travel: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    law = law_of(KINDS[kind], KINDS["own"], travel=travel)
    posterior = Posterior(ProfileSet((REGULAR.name,), (REGULAR,), (TWIN,), ()), law)
    rows = seen({2: EVENING, 3: EVENING[:3], 4: EVENING[2:3]})
    _, subsets = posterior.log_odds(rows)
    monkeypatch.setattr(mixed_days, "MOST_SUBSET_ROWS", 0)
    _, pieces = posterior.log_odds(rows)
    assert subsets == pytest.approx(pieces, rel=1e-12)
    assert np.isfinite(subsets).any()
