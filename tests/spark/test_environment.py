"""Where a job runs, who has started it, and which settings hold."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from vecgen.errors import InputError
from vecgen.spark.cluster.environment import (
    DEFAULTS,
    Environment,
    Setting,
    Starter,
    check_start,
    choose_settings,
    count_cores,
    describe,
    find_starter,
    name_program,
    recognise,
)

OURS = {default.name: default.value for default in DEFAULTS}


@pytest.mark.parametrize(
    ("environ", "running", "starter"),
    [
        ({}, False, "python"),
        ({"SPARK_HOME": "/opt/spark", "SPARK_ENV_LOADED": "1"}, False, "python"),  # of a shell that ran spark-env.sh
        ({"PYSPARK_SUBMIT_ARGS": "--master yarn pyspark-shell"}, False, "python"),
        ({"PYSPARK_GATEWAY_PORT": "4711"}, False, "spark-submit"),
        ({"PYSPARK_GATEWAY_PORT": "4711"}, True, "a running session"),
        ({}, True, "a running session"),
    ],
)
def test_who_started_the_job(environ: Mapping[str, str], running: bool, starter: Starter) -> None:
    assert find_starter(environ, running) == starter


@pytest.mark.parametrize(
    ("environ", "spelled"),
    [
        ({}, "python 'my jobs/generate.py'"),
        ({"PYSPARK_GATEWAY_PORT": "1"}, "spark-submit … 'my jobs/generate.py'"),
        ({"PYSPARK_GATEWAY_PORT": "1", "VECGEN_PROGRAM": "./run_spark_datagen.sh"}, "./run_spark_datagen.sh"),
    ],
)
def test_what_was_typed_before_the_options(
    environ: Mapping[str, str], spelled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["my jobs/generate.py", "--seed", "7"])
    assert name_program(environ) == spelled


class TestOptionsThatComeTooLate:
    @pytest.mark.parametrize(("starter", "late"), [("python", 0), ("spark-submit", 3), ("a running session", 3)])
    def test_all_starters_but_plain_python_are_too_late(self, starter: Starter, late: int) -> None:
        given = [("local[2]", None, None), (None, "mine", None), (None, None, "sc://host"), (None, None, None)]
        refused = []
        for options in given:
            try:
                check_start(starter, *options)
            except InputError as error:
                refused.append(error.value)
        assert refused == ["local[2]", "mine", "sc://host"][:late]

    def test_a_master_under_spark_submit(self) -> None:
        with pytest.raises(InputError) as raised:
            check_start("spark-submit", "local[2]", None)
        assert str(raised.value) == (
            "--master: got 'local[2]', expected no --master in a job that spark-submit started; "
            "give it before the script: spark-submit --master 'local[2]' spark_jobs/generate.py …"
        )

    def test_a_name_under_spark_submit(self) -> None:
        with pytest.raises(InputError, match=r"--app-name: .* spark-submit --name nightly spark_jobs"):
            check_start("spark-submit", None, "nightly")

    def test_a_session_that_runs(self) -> None:
        with pytest.raises(InputError, match="expected no --master, because a session runs already; leave it out"):
            check_start("a running session", "local[2]", None)


@pytest.mark.parametrize(
    ("environ", "version", "master", "place"),
    [
        ({}, "4.3.0", "local", "this machine"),
        ({}, "4.3.0", "local[2,4]", "this machine"),
        ({}, "4.3.0", "local-cluster[2,1,1024]", "local cluster of separate executors"),
        ({}, "4.3.0", "spark://a:7077,b:7077", "standalone cluster"),
        ({}, "4.3.0", "yarn", "YARN"),
        ({}, "4.0.1-amzn-0", "yarn", "YARN, Amazon EMR"),
        ({}, "4.3.0", "k8s://https://h:6443", "Kubernetes"),
        ({}, "4.0.1-amzn-0", "k8s://https://h:6443", "Kubernetes, Amazon EMR"),
        ({"DATABRICKS_RUNTIME_VERSION": "17.3"}, "4.0.0", "spark://10.0.0.1:7077", "Databricks 17.3"),
        ({"DATABRICKS_RUNTIME_VERSION": "17.3"}, "4.0.0", "local[*, 4]", "Databricks 17.3"),
        ({}, "4.3.0", "mesos://h", "cluster"),
    ],
)
def test_where_the_job_runs(environ: Mapping[str, str], version: str, master: str, place: str) -> None:
    assert recognise(environ, version, master) == place


class TestSettings:
    def test_ours_where_nobody_has_chosen(self) -> None:
        assert choose_settings({"spark.app.name": "x"}) == DEFAULTS

    @pytest.mark.parametrize("name", OURS)
    @pytest.mark.parametrize("value", ["0", ""])
    def test_yours_whatever_it_is(self, name: str, value: str) -> None:
        chosen = {setting.name: setting for setting in choose_settings({name: value})}
        assert (chosen[name].value, chosen[name].mine) == (value, False)
        assert all(setting.mine for other, setting in chosen.items() if other != name)

    def test_nothing_but_sql(self) -> None:
        """Master, name, memory, cores and partitions are the user's."""
        assert all(name.startswith("spark.sql.") for name in OURS)
        assert "spark.sql.shuffle.partitions" not in OURS


def test_what_was_chosen_and_why() -> None:
    environment = Environment("4.3.0", "standalone cluster", "spark://h:7077", 2, "spark-submit")
    chosen = (Setting("spark.sql.x", "1", "a reason"), Setting("spark.sql.y", "2", "", mine=False))
    assert describe(environment, chosen) == (
        "vecgen: Spark 4.3.0, standalone cluster (spark://h:7077), 2 cores so far, started by spark-submit\n"
        "vecgen: set spark.sql.x=1 (unset; a reason), kept spark.sql.y=2 (yours)"
    )
    assert "2 cores, started" in describe(Environment("4.3.0", "this machine", "local[2]", 2, "python"), chosen)


@pytest.mark.parametrize(
    ("settings", "cores"),
    [
        ({}, 2),
        ({"spark.cores.max": "48"}, 48),
        ({"spark.cores.max": "1"}, 2),  # more have registered
        ({"spark.executor.instances": "10"}, 10),
        ({"spark.executor.instances": "10", "spark.executor.cores": "4"}, 40),
        ({"spark.executor.instances": "10", "spark.executor.cores": "4", "spark.task.cpus": "2"}, 20),
        ({"spark.dynamicAllocation.maxExecutors": "30"}, 2),  # of an allocation that is not dynamic
        ({"spark.dynamicAllocation.enabled": "true", "spark.dynamicAllocation.maxExecutors": "30"}, 30),
        ({"spark.dynamicAllocation.enabled": "true", "spark.dynamicAllocation.maxExecutors": "2147483647"}, 2),
        ({"spark.dynamicAllocation.enabled": "true"}, 2),
    ],
)
def test_cores_that_have_not_registered_yet_count(settings: Mapping[str, str], cores: int) -> None:
    assert count_cores("spark://h:7077", 2, settings) == cores
    assert count_cores("local[2]", 2, settings) == 2


def test_a_server_is_no_option_of_a_running_session() -> None:
    with pytest.raises(InputError, match=r"--remote: .* because a session runs already"):
        check_start("a running session", None, None, "sc://host")
    check_start("python", None, None, "sc://host")
