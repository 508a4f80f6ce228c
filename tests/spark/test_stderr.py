"""Standard error under spark-submit, which merges it into standard output."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("pyspark")

CODE = """
import os, subprocess, sys
child = "import sys; from vecgen.spark.cluster.stderr import speak_on_stderr as s; s(); print('said', file=sys.stderr)"
subprocess.run([sys.executable, "-c", child], stderr=subprocess.STDOUT, check=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the stream is found in /proc")
@pytest.mark.parametrize(("submitted", "out", "err"), [(True, "", "said\n"), (False, "said\n", "")])
def test_a_job_speaks_on_the_stream_of_what_has_started_it(
    submitted: bool, out: str, err: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYSPARK_GATEWAY_PORT", raising=False)
    if submitted:
        monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=120, check=True)
    assert (done.stdout, done.stderr) == (out, err)
