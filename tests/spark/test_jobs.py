"""Jobs of an action: through the driver's context, or through Connect, which has none."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("pyspark")

from vecgen.spark.cluster.jobs import ContextJobs, is_connect, watch_jobs


def make_session(module: str) -> Any:
    """Return a session of a class in this module, without any Spark."""
    return type("SparkSession", (), {"__module__": module, "sparkContext": None})()


@pytest.mark.parametrize(
    ("module", "connect"), [("pyspark.sql.session", False), ("pyspark.sql.connect.session", True), ("mine", False)]
)
def test_a_session_is_told_by_its_class(module: str, connect: bool) -> None:
    session = make_session(module)
    assert is_connect(session) is connect


def test_a_driver_in_this_process_has_a_context() -> None:
    assert isinstance(watch_jobs(make_session("pyspark.sql.session")), ContextJobs)
