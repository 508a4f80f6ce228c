"""Days with frauds that share what is not seen: few rows, subset by subset, against cutting that into pieces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.model.test_posterior import CATEGORIES, REGULAR, TWIN, Row, seen
from tests.model.test_typed_posterior import KINDS, law_of
from vecgen.config.profile import ProfileSet
from vecgen.model.odds import shared_days
from vecgen.model.odds.posterior import Posterior

EVENING: list[Row] = [
    (80_000 + 400 * n, n % len(CATEGORIES), 3950 + 20 * n, 90_000 * n, 5 - 30_000 * n) for n in range(6)
]


@pytest.mark.parametrize("kind", ["remote, kept", "burst, kept", "all at once"])
@pytest.mark.parametrize("travel", [False, True])
def test_subsets_say_what_pieces_say(kind: str, travel: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    law = law_of(KINDS[kind], KINDS["own"], travel=travel)
    posterior = Posterior(ProfileSet((REGULAR.name,), (REGULAR,), (TWIN,), ()), law)
    rows = seen({2: EVENING, 3: EVENING[:3], 4: EVENING[2:3]})
    _, subsets = posterior.log_odds(rows)
    monkeypatch.setattr(shared_days, "MOST_SUBSET_ROWS", (0, 0, 0, 0))
    _, pieces = posterior.log_odds(rows)
    assert subsets == pytest.approx(pieces, rel=1e-12)
    assert np.isfinite(subsets).any()


def test_days_without_enough_rows_close_to_each_other_have_no_burst(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = replace(KINDS["burst, kept"], days=1, per_day=(3, 4), burst_seconds=900)
    posterior = Posterior(ProfileSet((REGULAR.name,), (REGULAR,), (TWIN,), ()), law_of(kind, KINDS["own"]))
    close = [(80_000 + 400 * n, 2, 20_000, 0, 0) for n in range(3)]
    far = [*close[:2], (81_001, 2, 20_000, 0, 0)]
    rows = seen({2: close, 3: far, 4: close[:2]})
    _, narrowed = posterior.log_odds(rows)
    monkeypatch.setattr(shared_days._TypeOfFraud, "_narrow", lambda self, days, number: days)
    _, all_days = posterior.log_odds(rows)
    assert narrowed == pytest.approx(all_days, rel=1e-12)
    assert narrowed[:3].min() > narrowed[3:].max() + 3.0
