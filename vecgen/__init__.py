"""Labelled synthetic card transactions at scale: the patterns of Sparkov, vectorised.

    import vecgen

    people = vecgen.generate_customers(customers=1000)
    rows = vecgen.generate_transactions(customers=1000, columns=["ssn", "unix_time", "amt", "is_fraud"])
    frame = rows.to_pandas()
    vecgen.write_dataset(customers=1000, fraud_rate=0.2, output="cards")
    assert vecgen.verify_dataset("cards").holds

The functions stand in modules of `vecgen.api`, each imported when one of its functions is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vecgen import api
from vecgen.version import __version__

__all__ = ["__version__"]
__all__ += api.__all__

if TYPE_CHECKING:
    from vecgen.api import *  # noqa: F403 - all of its functions, whose names are told once
else:

    def __getattr__(name):  # hidden from type checkers, which would believe in any name
        # A worker that imports one small module must not wait for PyArrow.
        if name in __all__:
            return getattr(api, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__():
        return sorted({*globals(), *__all__})
