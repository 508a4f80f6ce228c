"""The Python API: datasets as Arrow tables in this process, or written, verified and reported on.

Keywords are the options of the command line with "_" for "-"; the same values give the same rows. Tables convert with
one call: `.to_pandas()`, `polars.from_arrow(table)`, or `duckdb.sql("SELECT … FROM table")`.

Each module has one subject and is imported when one of its functions is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__all__ = [
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
    from vecgen.api.compare import compare_datasets
    from vecgen.api.derive import export_dataset, split_dataset
    from vecgen.api.fit import fit_dataset
    from vecgen.api.report import estimate_ceiling, measure_ceiling, write_report
    from vecgen.api.tables import (
        generate_customers,
        generate_fraud_cases,
        generate_transactions,
        iterate_customers,
        iterate_transactions,
        make_request,
    )
    from vecgen.api.verify import digest_dataset, verify_dataset
    from vecgen.api.write import estimate_dataset, write_customers, write_dataset, write_transactions
else:
    _HOMES = {
        "compare_datasets": "compare",
        "digest_dataset": "verify",
        "estimate_ceiling": "report",
        "estimate_dataset": "write",
        "export_dataset": "derive",
        "fit_dataset": "fit",
        "generate_customers": "tables",
        "generate_fraud_cases": "tables",
        "generate_transactions": "tables",
        "iterate_customers": "tables",
        "iterate_transactions": "tables",
        "make_request": "tables",
        "measure_ceiling": "report",
        "split_dataset": "derive",
        "verify_dataset": "verify",
        "write_customers": "write",
        "write_dataset": "write",
        "write_report": "report",
        "write_transactions": "write",
    }

    def __getattr__(name):  # hidden from type checkers, which would believe in any name
        # Whoever generates must not wait for what fits and reports.
        if name in _HOMES:
            return getattr(import_module(f"vecgen.api.{_HOMES[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__():
        return sorted({*globals(), *__all__})
