"""vecgen inside Spark: customers and transactions as frames, as a data source and stream, or written by a job.

    from vecgen.spark import VecgenDataSource, transactions

Needs PySpark, which is imported when a name is first used; `import vecgen` never does.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

__all__ = ["VecgenDataSource", "customers", "fraud_cases", "main", "run", "send_code", "transactions"]

if find_spec("pyspark") is None:
    raise ImportError("vecgen.spark needs PySpark, which this Python lacks; python -m pip install pyspark")

if TYPE_CHECKING:
    from vecgen.spark.cluster.code import send_code
    from vecgen.spark.frames import customers, fraud_cases, transactions
    from vecgen.spark.job import main, run
    from vecgen.spark.source.datasource import VecgenDataSource
else:
    _HOMES = {
        "VecgenDataSource": "source.datasource",
        "customers": "frames",
        "fraud_cases": "frames",
        "transactions": "frames",
        "main": "job",
        "run": "job",
        "send_code": "cluster.code",
    }

    def __getattr__(name):  # hidden from type checkers, which would believe in any name
        # Executors import parts of this package and must not wait for the rest; older Sparks lack what some parts use.
        if name in _HOMES:
            if name == "VecgenDataSource":
                versions = import_module("vecgen.spark.cluster.versions")
                versions.require(versions.Feature.DATA_SOURCE)
            return getattr(import_module(f"vecgen.spark.{_HOMES[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__():
        return sorted({*globals(), *__all__})
