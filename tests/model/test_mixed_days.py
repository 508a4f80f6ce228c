"""Days with frauds among honest rows: what else a batch holds changes no bit of their probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from tests.model.test_posterior import CATEGORIES, REGULAR, TWIN, Row, seen
from tests.model.test_typed_posterior import KINDS, law_of
from vecgen.config.profile import ProfileSet
from vecgen.model.odds.posterior import Posterior

DAYS: dict[int, list[Row]] = {
    day: [(30_000 + 400 * n * day, n % len(CATEGORIES), 950 + 720 * n * day, 90_000 * n, 5 - day) for n in range(size)]
    for day, size in {1: 9, 2: 1, 3: 4, 4: 4, 6: 2}.items()
}
LAWS: dict[str, dict[str, object]] = {
    "plain": {},
    "travel": {"travel": True},
    "stealth": {"fraud_stealth": 0.3},
    "v1.0": {"dependence": "v1.0"},
}


@pytest.mark.parametrize("changes", LAWS.values(), ids=LAWS.keys())
def test_a_day_has_the_same_bits_alone_and_among_others(changes: dict[str, object]) -> None:
    law = law_of(*KINDS.values(), **changes)
    posterior = Posterior(ProfileSet((REGULAR.name,), (REGULAR,), (TWIN,), ()), law)
    together = np.stack(posterior.log_odds(seen(DAYS)))
    alone = np.concatenate([np.stack(posterior.log_odds(seen({day: rows}))) for day, rows in DAYS.items()], axis=1)
    assert together.tolist() == alone.tolist()
    assert np.isfinite(together).any(axis=1).all()
