"""Progress for people: a bar on a terminal, few lines elsewhere, two lines about a run that was stopped."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from rich.console import Console

from tests.support.checkout import ROOT
from vecgen.cli.progress_bar import describe, print_lines, show, show_bar
from vecgen.process.progress import State

HALF = State(4_000_000, 2_000_000, 1_999_000, 142_000_000)
FIGURES = "1,999,000 rows, 99,950 rows/s, 142.0 MB, 0:20 left"


class TimeZone:
    """A clock that stands until it is set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class TestFigures:
    def test_rows_speed_bytes_and_time_left(self) -> None:
        assert describe(HALF, 20.0, 20.0) == FIGURES

    def test_time_left_runs_on_between_reports(self) -> None:
        assert describe(HALF, 20.0, 27.4).endswith("99,950 rows/s, 142.0 MB, 0:13 left")
        assert describe(HALF, 20.0, 99.0).endswith("0:00 left")

    def test_hours(self) -> None:
        state = State(3_600_000, 30_000, 30_000, 0)
        assert describe(state, 60.0, 60.0) == "30,000 rows, 500 rows/s, 1:59:00 left"

    def test_the_first_pieces_say_nothing_of_the_time_left(self) -> None:
        assert describe(State(865_614, 1_000, 1_000), 8.0, 9.0) == "1,000 rows, 125 rows/s, 0:09 so far"
        assert describe(State(865_614, 20_000, 20_000), 8.0, 9.0).endswith(" left")

    def test_large_sizes(self) -> None:
        for size, text in ((9_999_000_000, "9,999.0 MB"), (12_000_000_000, "12.0 GB"), (61 * 10**12, "61.0 TB")):
            assert f", {text}, " in describe(State(2, 1, 1, size), 1.0, 1.0)

    def test_nothing_is_guessed_before_anything_is_finished(self) -> None:
        assert describe(State(4_000_000), 0.0, 61.0) == "1:01 so far"
        assert describe(State(0), 0.0, 0.0) == "0:00 so far"


class TestTerminal:
    def draw(self, *states: State, width: int = 120) -> str:
        """Return the last picture of a bar whose reports come ten seconds apart."""
        clock, file = TimeZone(), io.StringIO()
        console = Console(file=file, force_terminal=True, width=width, color_system=None)
        with show_bar(console, clock) as report:
            for state in states:
                clock.now += 10
                report(state)
        return file.getvalue().rpartition("\n")[0].rpartition("\x1b[2K")[2]  # of those that replace each other

    def test_bar_percent_and_figures(self) -> None:
        drawn = self.draw(State(4_000_000), HALF)
        assert " 50% " in drawn
        assert FIGURES in drawn
        assert "━" in drawn

    def test_it_is_one_line_whatever_the_figures(self) -> None:
        state = State(10**12, 4 * 10**11, 4 * 10**11, 3 * 10**13)
        drawn = self.draw(State(10**12), state, width=80)
        assert len(drawn) <= 80
        assert " 40% 400,000,000,000 rows" in drawn
        assert drawn.rstrip().endswith(" left")

    def test_a_bar_stands_before_the_first_batch(self) -> None:
        assert "  0% 0:10 so far" in self.draw(State(4_000_000))
        assert "0:00 so far" in self.draw()

    def test_a_plan_without_rows(self) -> None:
        assert "0:10 so far" in self.draw(State(0))

    def test_it_is_gone_at_the_end_even_after_an_interrupt(self) -> None:
        file = io.StringIO()
        console = Console(file=file, force_terminal=True, width=120)
        with suppress(KeyboardInterrupt), show_bar(console, TimeZone()) as report:
            report(HALF)
            raise KeyboardInterrupt
        assert file.getvalue().endswith("\x1b[?25h\r\x1b[1A\x1b[2K")  # the cursor again; up; the line erased


class TestPlainLines:
    def test_at_most_one_every_ten_seconds(self) -> None:
        clock, file = TimeZone(), io.StringIO()
        report = print_lines(file, clock)
        for second in range(31):
            clock.now = 1000.0 + second
            report(State(100, second, 2 * second, 1_000_000 * second))
        assert file.getvalue().splitlines() == [
            "vecgen: 10 %, 20 rows, 2 rows/s, 10.0 MB, 1:30 left",
            "vecgen: 20 %, 40 rows, 2 rows/s, 20.0 MB, 1:20 left",
            "vecgen: 30 %, 60 rows, 2 rows/s, 30.0 MB, 1:10 left",
        ]

    def test_a_short_run_says_nothing(self) -> None:
        file = io.StringIO()
        report = print_lines(file, TimeZone())
        for done in range(5):
            report(State(5, done))
        assert file.getvalue() == ""

    def test_they_go_to_standard_error(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        clock = TimeZone()
        monkeypatch.setattr("vecgen.cli.progress_bar.print_lines.__defaults__", (clock, 10.0))
        for quiet in (True, False):
            with show(quiet) as report:
                clock.now += 20
                report(HALF)
            printed = capsys.readouterr()
            assert printed.out == ""
            assert printed.err == ("" if quiet else f"vecgen: 50 %, {FIGURES}\n")


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="opens a terminal")
@pytest.mark.parametrize("quiet", [False, True])
def test_the_command_on_a_terminal(quiet: bool, profiles: Path, demographics: Path, tmp_path: Path) -> None:
    """The bar goes to standard error, the summary to standard output; --quiet leaves neither."""
    ours, theirs = os.openpty()
    options = ["--customers", "20", "--end", "2023-01-31", "--processes", "1", "--output", str(tmp_path / "o")]
    options += ["--profiles", str(profiles), "--demographics", str(demographics), *(["--quiet"] if quiet else [])]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "120"}
    command = [sys.executable, "-m", "vecgen", "generate", *options]
    read: list[bytes] = []

    def keep() -> None:  # a terminal holds 4 kB that nobody has read
        while not b"".join(read).endswith(b"end"):
            read.append(os.read(ours, 1 << 16))

    reader = threading.Thread(target=keep)
    reader.start()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, env=environment, check=True, timeout=120)
    os.write(theirs, b"end")
    reader.join()
    drawn = b"".join(read).decode()
    os.close(theirs)
    os.close(ours)
    assert len(done.stdout.splitlines()) == (0 if quiet else 7)  # few frauds and small files have lines of their own
    assert (drawn == "end") is quiet
    assert ("100%" in drawn) is not quiet
