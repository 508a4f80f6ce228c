"""The Spark versions that people have, each in an environment of its own with what vecgen needs."""

from __future__ import annotations

from importlib.metadata import requires
from pathlib import Path
from typing import Final

from tests.matrix.environments import environment

SPARKS: Final = {"3.5": "3.5.9", "4.0": "4.0.5", "4.1": "4.1.4", "4.2": "4.2.1", "4.3": "4.3.0"}
"""The newest patch of each version."""


def spark_environment(version: str) -> Path:
    """Return the Python of an environment with a Spark ("3.5"), without vecgen itself."""
    own = [requirement for requirement in requires("vecgen") or [] if "extra ==" not in requirement]
    return environment(f"spark-{version}", f"pyspark=={SPARKS[version]}", "pandas>=2.2,<3", *own, python="3.11")
