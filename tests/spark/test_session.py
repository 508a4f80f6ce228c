"""The session of a job: who started it, where it runs, and that no value anybody has set is overridden."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.checkout import SUPPORT
from tests.support.clusters import OPTIONS, Machine, Process, finish, start, stop
from vecgen.cli.main import main
from vecgen.spark.cluster.environment import (
    DEFAULTS,
)

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

WRITERS = "spark.sql.maxConcurrentOutputFileWriters"
TIMESTAMPS = "spark.sql.parquet.outputTimestampType"
OURS = {default.name: default.value for default in DEFAULTS}


DEFAULTS_OF_A_SITE = {"spark.master": "local[3]", "spark.app.name": "of the site", WRITERS: "6"}
FLAGS = ["--master", "local[1]", "--name", "of a flag", "--conf", f"{WRITERS}=5", "--conf", f"{TIMESTAMPS}=INT96"]


@pytest.fixture(scope="module")
def jobs(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Process]]:
    """Yield jobs started in four ways at once, under one site's spark-defaults; most of their time is Java's start."""
    site = tmp_path_factory.mktemp("site")
    lines = [f"{name} {value}" for name, value in {**DEFAULTS_OF_A_SITE, "spark.ui.enabled": "false"}.items()]
    (site / "spark-defaults.conf").write_text("\n".join(lines), encoding="utf-8")
    (site / "log4j2.properties").write_bytes((machine.directory / "conf" / "log4j2.properties").read_bytes())
    script = SUPPORT / "settings_job.py"
    file = ["--properties-file", str(site / "spark-defaults.conf")]
    late = json.dumps([[*OPTIONS, "--master", "local[9]"], [*OPTIONS, "--app-name", "late"], OPTIONS])
    python = [str(machine.python), str(script)]
    environ = machine.environ(SPARK_CONF_DIR=str(site), PYTHONPATH=str(machine.directory / "vecgen.zip"))
    own = json.dumps([[*OPTIONS, "--master", "local[2]", "--app-name", "of an option"]])
    unset = {name: value for name, value in environ.items() if name != "PYSPARK_PYTHON"}
    with ExitStack() as stack:
        started = {}
        for name, flags, argument in (("flags", file + FLAGS, late), ("file", file, json.dumps([OPTIONS]))):
            started[name] = stack.enter_context(machine.submit(site / name, flags, script, argument))
        for name, argument, variables in (("options", own, environ), ("python", json.dumps([OPTIONS]), unset)):
            (site / name).mkdir()
            started[name] = start([*python, argument], site / name, variables)
            stack.callback(stop, started[name])
        yield started


@pytest.mark.spark
@pytest.mark.slow
class TestPrecedence:
    """Each way to start a job, with the site's defaults below it."""

    def see(self, process: Process) -> dict[str, object]:
        return dict(json.loads(finish(process).splitlines()[-1]))

    def said(self, process: Process) -> list[str]:
        assert "vecgen: " not in process.out.read_text(encoding="utf-8")  # however it was started
        lines = process.err.read_text(encoding="utf-8").splitlines()
        return [line for line in lines if line.startswith("vecgen: ")]

    def test_flags_beat_the_file_and_us(self, jobs: dict[str, Process]) -> None:
        seen = self.see(jobs["flags"])
        assert (seen["master"], seen["name"]) == ("local[1]", "of a flag")
        assert (seen[WRITERS], seen[TIMESTAMPS]) == ("5", "INT96")
        assert self.said(jobs["flags"])[-1] == f"vecgen: kept {TIMESTAMPS}=INT96 (yours), kept {WRITERS}=5 (yours)"

    def test_options_that_come_too_late_are_refused(self, jobs: dict[str, Process]) -> None:
        assert self.see(jobs["flags"])["statuses"] == [2, 2, 0]
        master, name, where, _ = self.said(jobs["flags"])
        assert "spark-submit --master 'local[9]' " in master
        assert "spark-submit --name late " in name
        assert "this machine (local[1]), 1 cores, started by spark-submit" in where

    def test_a_properties_file_beats_us(self, jobs: dict[str, Process]) -> None:
        seen = self.see(jobs["file"])
        assert (seen["master"], seen["name"]) == ("local[3]", "of the site")
        assert (seen[WRITERS], seen[TIMESTAMPS]) == ("6", OURS[TIMESTAMPS])

    @pytest.mark.parametrize("starter", ["file", "python"])
    def test_the_plan_alone_is_on_stdout(
        self, starter: str, jobs: dict[str, Process], capsys: pytest.CaptureFixture[str]
    ) -> None:
        *plan, _ = finish(jobs[starter]).splitlines()
        assert main(["generate", *OPTIONS, "--plan", "--processes", "3"]) == 0
        assert plan == capsys.readouterr().out.splitlines()

    def test_options_of_plain_python_beat_spark_defaults(self, jobs: dict[str, Process], machine: Machine) -> None:
        seen = self.see(jobs["options"])
        assert (seen["master"], seen["name"]) == ("local[2]", "of an option")
        assert (seen[WRITERS], seen[TIMESTAMPS]) == ("6", OURS[TIMESTAMPS])
        assert seen["python"] == str(machine.python)  # of PYSPARK_PYTHON
        assert "this machine (local[2]), 2 cores, started by python" in self.said(jobs["options"])[0]

    def test_plain_python_leaves_spark_defaults(self, jobs: dict[str, Process], machine: Machine) -> None:
        seen = self.see(jobs["python"])
        assert (seen["master"], seen["name"]) == ("local[3]", "of the site")
        assert (seen[WRITERS], seen[TIMESTAMPS]) == ("6", OURS[TIMESTAMPS])
        assert seen["python"] == str(machine.python)  # its own, as nobody has named one


@pytest.mark.spark
class TestARunningSession:
    def test_its_settings_are_kept(self, spark: SparkSession, capsys: pytest.CaptureFixture[str]) -> None:
        from vecgen.spark.cluster.session import open_session

        opened = open_session()
        assert opened.sparkContext is spark.sparkContext
        assert opened.sparkContext.appName == "tests"
        assert opened.conf.get(WRITERS) == "7"
        assert opened.conf.get(TIMESTAMPS) == OURS[TIMESTAMPS]
        assert "started by a running session" in capsys.readouterr().err

    def test_what_was_set_while_it_ran_is_kept(self, spark: SparkSession) -> None:
        """Such a value is in the session, not in the context's configuration."""
        from vecgen.spark.cluster.session import open_session

        spark.conf.set(TIMESTAMPS, "TIMESTAMP_MILLIS")
        try:
            assert open_session().conf.get(TIMESTAMPS) == "TIMESTAMP_MILLIS"
        finally:
            spark.conf.unset(TIMESTAMPS)

    def test_a_master_is_refused(self, spark: SparkSession, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        from vecgen.spark.job import main

        assert main(["--master", "local[9]", "--output", str(tmp_path / "o")]) == 2
        assert "a session runs already" in capsys.readouterr().err
        assert not (tmp_path / "o").exists()

    def test_help_says_when_the_options_hold(self) -> None:
        from vecgen.spark.cluster.session import add_session_options

        parser = ArgumentParser()
        add_session_options(parser)
        assert "refused under spark-submit, which has --master and --name" in " ".join(parser.format_help().split())
