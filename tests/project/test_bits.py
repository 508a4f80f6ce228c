from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bench.__main__ import main
from bench.studies.bits import STREAMS, read_summary
from tests.support.checkout import ROOT
from vecgen.sampling.rng import derive_keys, draw_words, start_counters

PASSED = """
========= Summary results of SmallCrush =========

 Version:          TestU01 1.2.3
 Generator:        vecgen index
 Number of statistics:  15
 Total CPU time:   00:00:05.87

 All tests were passed
"""
FAILED = """
========= Summary results of Crush =========

 Number of statistics:  144
 The following tests gave p-values outside [0.001, 0.9990]:
 (eps  means a value < 1.0e-300):

       Test                          p-value
 ----------------------------------------------
  2  SerialOver, t = 4                eps
 11  BirthdaySpacings, t = 2        5.8e-4
 ----------------------------------------------
 All other tests were passed
"""


def test_reads_a_report_that_finds_nothing() -> None:
    assert read_summary(PASSED) == {"battery": "SmallCrush", "statistics": 15, "suspects": []}


def test_reads_the_suspects_of_a_report() -> None:
    suspects = [{"test": "2 SerialOver, t = 4", "p": "eps"}, {"test": "11 BirthdaySpacings, t = 2", "p": "5.8e-4"}]
    assert read_summary(FAILED) == {"battery": "Crush", "statistics": 144, "suspects": suspects}


def put_only_on_path(directory: Path, monkeypatch: pytest.MonkeyPatch, **programs: str) -> None:
    monkeypatch.setenv("PATH", str(directory))
    for name, body in programs.items():
        (directory / name).write_text(f"#!/bin/sh\n{body}\n")
        (directory / name).chmod(0o755)


def test_without_testu01_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put_only_on_path(tmp_path, monkeypatch, cc="echo 'testu01.c:7:10: fatal error: unif01.h: No such file' >&2; exit 1")
    assert main(["bits", "--results", str(tmp_path / "results")]) == 2
    assert capsys.readouterr().err == (
        "python -m bench: cc does not find TestU01 (testu01.c:7:10: fatal error: unif01.h: No such file); "
        "install it (Debian: libtestu01-0-dev, in non-free)\n"
    )
    assert not (tmp_path / "results").exists()


def test_without_a_compiler_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put_only_on_path(tmp_path, monkeypatch)
    assert main(["bits", "--results", str(tmp_path)]) == 2
    assert "no C compiler `cc` on PATH" in capsys.readouterr().err


def test_refuses_a_report_that_breaks_off() -> None:
    with pytest.raises(ValueError, match="no summary"):
        read_summary("Starting SmallCrush")


def test_words_along_an_index_are_those_of_a_customers_rows() -> None:
    keys = derive_keys(42, 0, np.array([12_345]))
    index = np.array([40_000])
    word = draw_words(keys.take(np.zeros(1, dtype=np.int64)), start_counters(keys, index), 2)
    rows = np.concatenate([STREAMS["rows"](block) for block in (0, 1)])
    assert rows[40_000 * 6 + 2] == word[0]
    assert STREAMS["index"](0)[7] == rows[7 * 6]


def test_words_across_customers_are_those_of_their_first_rows() -> None:
    keys = derive_keys(42, 0, np.array([40_000]))
    word = draw_words(keys, start_counters(keys, np.array([0])), 0)
    assert np.concatenate([STREAMS["customers"](block) for block in (0, 1)])[40_000] == word[0]


def test_a_stream_runs_until_its_reader_has_enough() -> None:
    command = [sys.executable, "-m", "bench.studies.bits", "cases"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as writer:
        assert writer.stdout is not None
        words = np.frombuffer(writer.stdout.read(8 * 6), dtype="<u8")
        writer.stdout.close()
        assert writer.wait(30) == 0
    assert words.tolist() == STREAMS["cases"](0)[:6].tolist()
