"""The Spark versions that people have, each in an environment of its own with what vecgen needs."""

from __future__ import annotations

from importlib.metadata import requires
from pathlib import Path
from typing import Final

from tests.matrix.environments import environment

SPARKS: Final = {"3.5": "3.5.9", "4.0": "4.0.5", "4.1": "4.1.4", "4.2": "4.2.1", "4.3": "4.3.0"}
"""The newest patch of each version."""
_CONNECT: Final = ("grpcio", "grpcio-status", "googleapis-common-protos", "zstandard")
"""Of its client; not the extra pyspark[connect], which holds NumPy below 2 for Spark 3.5."""


def spark_environment(version: str, python: str = "3.11") -> Path:
    """Return the Python of an environment with a Spark ("3.5") and its Connect client, without vecgen itself."""
    own = [requirement for requirement in requires("vecgen") or [] if "extra ==" not in requirement]
    name = f"spark-{version}" + (f"-python-{python}" if python != "3.11" else "")
    return environment(name, f"pyspark=={SPARKS[version]}", "pandas>=2.2,<3", *_CONNECT, *own, python=python)
