"""What rows say under a label: amounts of all labels at once against each label by itself."""

from __future__ import annotations

import numpy as np
import pytest

from tests.model.test_posterior import REGULAR, TWIN, seen
from tests.model.test_typed_posterior import DAYS, KINDS, law_of
from vecgen.config.profile import ProfileSet
from vecgen.model.exact import write_out
from vecgen.model.odds.likelihood import make_fraud, make_regular
from vecgen.model.odds.reading import Masses, read_label


def test_amounts_of_all_labels_at_once_are_those_of_each() -> None:
    law = law_of(*KINDS.values())
    exact = write_out(ProfileSet((REGULAR.name,), (REGULAR,), (TWIN,), ()), law)
    regular = make_regular(REGULAR, exact.rows[0][0], exact.categories, law)
    sides = [regular, *(make_fraud(fraud, exact.categories, law) for fraud in exact.frauds[0])]
    rows = seen(DAYS)
    with np.errstate(divide="ignore"):
        for side, amounts in zip(sides, Masses(sides).read(rows), strict=True):
            assert amounts == pytest.approx(side.read_amounts(rows), rel=1e-10)
            read = read_label(side, rows, amounts, side.read_places(rows))
            assert read.by_row.shape == read.largest.shape == (len(rows),)
            assert (read.by_row[read.largest == -np.inf] == -np.inf).all()
