"""What versions of Spark differ in, without any Spark at work; `tests/matrix/test_sparks.py` runs the versions."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("pyspark")

from vecgen.errors import InputError
from vecgen.spark.cluster.versions import Feature, read_version, require


@pytest.mark.parametrize(
    ("text", "version"), [("3.5.9", (3, 5)), ("4.0.1-amzn-0", (4, 0)), ("4.10.0.dev1", (4, 10)), ("client", (0, 0))]
)
def test_versions_are_read(text: str, version: tuple[int, int]) -> None:
    assert read_version(text) == version


@pytest.mark.parametrize(
    ("here", "feature", "message"),
    [
        ("3.4.4", Feature.ALL, "Spark: version: got '3.4', expected 3.5 or newer, for all that vecgen uses"),
        ("3.5.9", Feature.DATA_SOURCE, "got '3.5', expected 4.0 or newer, for data sources written in Python"),
        ("4.0.5", Feature.PUSHED_FILTERS, "got '4.0', expected 4.1 or newer, for filters pushed down"),
        ("4.1.4", Feature.STREAM, "got '4.1', expected 4.2 or newer, for streams of data sources"),
    ],
)
def test_what_a_version_lacks_is_one_line(
    here: str, feature: Feature, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pyspark.__version__", here)
    with pytest.raises(InputError) as error:
        require(feature)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    monkeypatch.setattr("pyspark.__version__", ".".join(map(str, feature.since)))
    require(feature)


def test_the_data_source_is_refused_before_spark_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    import vecgen.spark

    monkeypatch.setattr("pyspark.__version__", "3.5.9")
    with pytest.raises(InputError, match=r"expected 4\.0 or newer"):
        _ = vecgen.spark.VecgenDataSource


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import vecgen, sys; assert 'pyspark' not in sys.modules; print('fine')", "fine"),
        (
            "import sys; sys.modules['pyspark'] = None; import vecgen\nimport vecgen.spark",
            "ImportError: vecgen.spark needs PySpark",
        ),
    ],
)
def test_spark_is_imported_by_its_package_alone(code: str, said: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert said in done.stdout + done.stderr
