"""Labelled synthetic card transactions at scale: the patterns of Sparkov, vectorised.

    import vecgen

    people = vecgen.generate_customers(customers=1000)
    rows = vecgen.generate_transactions(customers=1000, columns=["ssn", "unix_time", "amt", "is_fraud"])
    frame = rows.to_pandas()
    vecgen.write_dataset(customers=1000, fraud_rate=0.2, output="cards")
    assert vecgen.verify_dataset("cards").holds

The functions live in `vecgen.api` and are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from vecgen.version import __version__

__all__ = [
    "__version__",
    "compare_datasets",
    "digest_dataset",
    "estimate_ceiling",
    "estimate_dataset",
    "export_dataset",
    "fit_dataset",
    "generate_customers",
    "generate_fraud_cases",
    "generate_transactions",
    "iterate_customers",
    "iterate_transactions",
    "make_request",
    "measure_ceiling",
    "split_dataset",
    "verify_dataset",
    "write_customers",
    "write_dataset",
    "write_report",
    "write_transactions",
]

if TYPE_CHECKING:
    from vecgen.api import (
        compare_datasets,
        digest_dataset,
        estimate_ceiling,
        estimate_dataset,
        export_dataset,
        fit_dataset,
        generate_customers,
        generate_fraud_cases,
        generate_transactions,
        iterate_customers,
        iterate_transactions,
        make_request,
        measure_ceiling,
        split_dataset,
        verify_dataset,
        write_customers,
        write_dataset,
        write_report,
        write_transactions,
    )
else:

    def __getattr__(name):  # hidden from type checkers, which would believe in any name
        # A worker that imports one small module must not wait for PyArrow.
        if name in __all__:
            return getattr(import_module("vecgen.api"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__():
        return sorted({*globals(), *__all__})
