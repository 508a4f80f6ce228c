"""The measurements run and yield their figures; how large these are is nothing a test should say."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.__main__ import _COMMANDS, main
from bench.harness.measure import measure
from bench.harness.results import ROOT
from bench.studies.ceiling import SERIES as CEILINGS
from bench.studies.chart import draw_chart
from bench.studies.power import CHANGES
from bench.studies.scale import SERIES
from bench.studies.simulate import Costs, Disturbance, list_schedule, simulate, summarise
from bench.studies.sizes import FORMS
from vecgen.io.schema import COLUMNS
from vecgen.plan.output import Output
from vecgen.plan.plan import compile_plan
from vecgen.plan.request import Request
from vecgen.plan.schedule import schedule


def test_draws(tmp_path: Path) -> None:
    assert main(["draws", "--customers", "20", "--people", "100", "--repeats", "1", "--results", str(tmp_path)]) == 0
    result = json.loads((tmp_path / "draws.json").read_text())["result"]
    assert result["customers"]["count"] == 100
    assert result["transactions"]["count"] > 20
    assert result["transactions"]["per_second"] > 0


def test_compare_reports_who_ran_and_who_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    only = "row_loop,original,draws,local_snappy,limit"
    assert main(["compare", "--rows", "20000", "--only", only, "--repeats", "1", "--results", str(tmp_path)]) == 0
    result = json.loads((tmp_path / "compare.json").read_text())["result"]
    assert result["baseline"] == "row_loop"
    for name in ("row_loop", "draws", "local_snappy", "limit"):
        assert result["contenders"][name]["runs"][0]["rows"] > 1000
        assert result["contenders"][name]["rows_per_second_and_core"] > 0
    assert result["contenders"]["original"]["runs"] == []
    assert "missing" in result["contenders"]["original"]
    assert "original" in capsys.readouterr().out


def test_versions_take_turns_and_are_held_to_the_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for name in ("vecgen", "profiles", "demographic_data"):
        (other / name).symlink_to(ROOT / name)
    options = ["--options", "--customers 20 --processes 1 --end 2023-01-20", "--repeats", "1"]
    assert main(["versions", str(ROOT), str(other), *options, "--results", str(tmp_path)]) == 0
    first, second = json.loads((tmp_path / "versions.json").read_text())["result"].values()
    assert first["cpu_of_first"] == 1.0
    assert second["cpu_of_first"] == round(second["cpu_seconds"] / first["cpu_seconds"], 3)
    assert len(second["runs"]) == 1
    assert main(["versions", str(tmp_path / "nowhere"), "--repeats", "1", "--options", "--seed x"]) == 2
    assert "--seed" in capsys.readouterr().err


def test_common_points(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["common-points", "--customers", "700", "--results", str(tmp_path)]) == 0
    own = json.loads((tmp_path / "common-points.json").read_text())["result"]["700"]
    assert 0 < own["compromised"] <= own["copied"] <= own["cases"]
    assert 0 <= own["average_precision"] <= 1
    assert "compromised merchants come first of 96,000" in capsys.readouterr().out


def test_verify(tmp_path: Path) -> None:
    assert main(["verify", "--rows", "20000", "--processes", "1", "--results", str(tmp_path)]) == 0
    saved = json.loads((tmp_path / "verify.json").read_text())
    figures = saved["result"]["20000"]
    assert figures["rows"] == pytest.approx(20_000, rel=0.3)
    assert figures["holds"]
    assert figures["cpu_seconds"] > 0


def test_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--only", "imports,typed-probability", "--customers", "3", "--repeats", "2", "--results", str(tmp_path)]
    assert main(["start", *options]) == 0
    result = json.loads((tmp_path / "start.json").read_text())["result"]["3 customers"]
    assert list(result) == ["imports", "typed-probability"]
    for own in result.values():  # the first round is not kept
        assert [run["status"] for run in own["runs"]] == [0, 0]
        assert min(own["wall_seconds"], own["cpu_seconds"]) > 0
    assert capsys.readouterr().out.count(" s of processor time") == 2


def test_ceiling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    varied = "--fraud-rate 0.9 --fraud-stealth 0.5"
    monkeypatch.setitem(CEILINGS, "stealth", [varied])
    words = ["ceiling", "--by", "stealth", "--customers", "20", "--processes", "1", "--results", str(tmp_path)]
    assert main(words) == 0
    own = json.loads((tmp_path / "ceiling.json").read_text())["result"]["stealth"][varied]
    assert own["found"]["rows"] == pytest.approx(own["expected"]["rows"], rel=0.4)
    assert "| 0.9 | 0.5 | plan |" in capsys.readouterr().out


def test_fitted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fitted", "--customers", "40", "--learn", "3000", "--processes", "1", "--results", str(tmp_path)]) == 0
    result = json.loads((tmp_path / "fitted.json").read_text())["result"]
    for own in result.values():
        assert own["one"]["rows"] == result["fitted"]["one"]["rows"] > 10_000
        assert 0.3 < own["parting"]["auc"] < 0.7
    assert "| same profiles |" in capsys.readouterr().out
    assert (tmp_path / "fitted.png").read_bytes().startswith(b"\x89PNG")


def test_privacy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--customers", "300", "--repeats", "1", "--processes", "1", "--results", str(tmp_path)]
    assert main(["privacy", *words]) == 0
    result = json.loads((tmp_path / "privacy.json").read_text())["result"]
    little, much = (result[f"300 customers, epsilon {epsilon}"] for epsilon in ("0.1", "10"))
    assert much["categories"] < little["categories"]
    assert little["profiles kept"] > much["profiles kept"]
    assert "| 300 customers, epsilon 1 |" in capsys.readouterr().out


def test_reading(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    only = ["--only", "digest,fit,export to Parquet"]
    assert main(["reading", "--rows", "20000", *only, "--processes", "1", "--results", str(tmp_path)]) == 0
    result = json.loads((tmp_path / "reading.json").read_text())["result"]
    assert [*result] == ["digest", "fit", "export to Parquet"]
    assert all(own["rows"] > 10_000 and own["cpu_seconds"] > 0 for own in result.values())
    assert "| export to Parquet |" in capsys.readouterr().out


def test_sizes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("none", "zstd, compact", "snappy, normalized"):
        monkeypatch.delitem(FORMS, name)
    assert main(["sizes", "--rows", "20000", "--results", str(tmp_path)]) == 0
    sizes = {
        name: own["bytes_a_row"] for name, own in json.loads((tmp_path / "sizes.json").read_text())["result"].items()
    }
    assert sizes["zstd"] < sizes["snappy, compact"] < sizes["snappy"] < sizes["csv"]


def test_power(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in [*CHANGES][:2]:
        monkeypatch.delitem(CHANGES, name)
    sizes = ["--customers", "60", "--seeds", "1", "--alarm-customers", "40", "--alarms", "1"]
    assert main(["power", *sizes, "--results", str(tmp_path)]) == 0
    result = json.loads((tmp_path / "power.json").read_text())["result"]
    assert len(result["power"]) == 4
    for own in result["power"].values():
        assert own["60"]["rows"] > 2_000
        assert 0 <= own["60"]["found"] <= own["60"]["pairs"] == 1
    assert result["alarms"]["alarms"]["0.001"] <= result["alarms"]["alarms"]["0.05"] <= 1
    assert "| 5 % of the rows an hour later |" in capsys.readouterr().out


def test_boosting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("bench.studies.boosting.SETTINGS", {"sparkov": ["--end", "2023-02-28", "--fraud-days", "7"]})
    monkeypatch.setattr("bench.studies.boosting._GRID", {"learning_rate": (0.1,)})
    assert main(["boosting", "--customers", "40", "--fraud-rate", "0.9", "--results", str(tmp_path)]) == 0
    views = json.loads((tmp_path / "boosting.json").read_text())["result"]["sparkov"]
    for own in views.values():
        assert 0.3 < own["model"] <= own["ceiling"] + 4 * own["gap_error"]
    assert "| sparkov | a day |" in capsys.readouterr().out


@pytest.mark.parametrize("name", _COMMANDS)
def test_every_command_says_what_it_takes(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([name, "--help"])
    printed = capsys.readouterr().out
    assert _COMMANDS[name][1] in " ".join(printed.split())
    assert "--results DIR" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["scale", "--customers", "10,x"], "got '10,x', expected whole numbers from 1"),
        (["verify", "--rows", "0"], "got '0', expected whole numbers from 1"),
        (["compare", "--only", "draws,spar"], "got 'spar', expected some of row_loop,"),
        (["bits", "--bits", "backward"], "got 'backward', expected some of forward,reversed"),
    ],
)
def test_wrong_lists_are_refused(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert message in capsys.readouterr().err


LOSES_ITS_CHILD = """
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
if os.fork() == 0:
    while time.process_time() < 1.0:
        pass
else:
    time.sleep(1.5)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="processes are followed through /proc")
def test_cpu_time_of_a_child_nobody_waits_for_is_counted(tmp_path: Path) -> None:
    usage = measure([sys.executable, "-c", LOSES_ITS_CHILD], tmp_path, dict(os.environ), tmp_path / "log")
    assert usage.status == 0
    assert usage.cpu_seconds > 0.7


def test_the_chart_shows_every_contender_that_ran(tmp_path: Path) -> None:
    own = {"kind": "ours", "runs": [{}], "rows_per_second_and_core": 3_000_000, "times_baseline": 50.0, "label": "a"}
    without_base = {"kind": "peer", "runs": [{}], "rows_per_second_and_core": 70_000, "label": "b"}
    missing = {"kind": "peer", "runs": [], "missing": "not installed", "label": "c"}
    path = tmp_path / "chart.png"
    draw_chart({"contenders": {"a": own, "b": without_base, "c": missing}}, path)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_scale_separates_fixed_costs_from_the_rate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.studies.scale.SERIES", {"1 process": SERIES["1 process"]})
    assert main(["scale", "--customers", "10,400", "--repeats", "1", "--results", str(tmp_path)]) == 0
    series = json.loads((tmp_path / "scale.json").read_text())["result"]["1 process"]
    assert [point["customers"] for point in series["points"]] == [10, 400]
    assert series["points"][1]["rows"] > 20 * series["points"][0]["rows"]
    assert 0 < series["fixed_seconds"] < series["points"][1]["wall_seconds"]


def test_stages_add_up_and_name_every_column(tmp_path: Path) -> None:
    assert main(["stages", "--customers", "200", "--results", str(tmp_path)]) == 0
    result = json.loads((tmp_path / "stages.json").read_text())["result"]
    assert list(result["columns"]) == [column.name for column in COLUMNS]
    assert result["columns"]["trans_num"]["bytes_a_row"] > 32
    stages = result["ns_a_row"]
    assert stages.pop("total") == pytest.approx(sum(stages.values()), abs=0.1)
    assert min(stages[name] for name in ("dates", "rows", "assemble", "digest", "encode")) > 0


def test_a_list_schedule_gives_each_task_to_whoever_is_free() -> None:
    assert list_schedule(np.array([3.0, 2.0, 2.0, 2.0]), 2) == 5.0  # 3 + 2 and 2 + 2
    assert list_schedule(np.array([1.0]), 10) == 1.0
    assert list_schedule(np.full(1000, 0.5), 1000) == 0.5


def test_disturbances_are_as_large_as_asked_for() -> None:
    seconds = np.full(100_000, 2.0)
    assert Disturbance().apply(seconds).tolist() == seconds.tolist()
    noisy = Disturbance(noise=0.1).apply(seconds)
    assert noisy.mean() == pytest.approx(2.0, rel=0.002)
    assert noisy.std() == pytest.approx(0.2, rel=0.02)
    slow = Disturbance(stragglers=0.01, slowdown=3.0).apply(seconds)
    assert (slow == 6.0).mean() == pytest.approx(0.01, rel=0.15)


def test_a_billion_customers_keep_a_thousand_cores_busy() -> None:
    plan = schedule(compile_plan(Request(customers=10**9)), Output(Path("out")), 1000)
    profiles = len(plan.tables.profiles)
    seconds = Costs(np.full(profiles, 0.05), np.full(profiles, 4.5e-7), 4e-8).predict(plan)
    undisturbed = summarise(seconds, 1000)
    assert undisturbed["ideal_seconds"] == pytest.approx(seconds.sum() / 1000, abs=0.1)
    assert undisturbed["balance"] > 0.97
    assert summarise(Disturbance(0.1, 0.01, 3.0).apply(seconds), 1000)["balance"] > 0.85


def test_a_simulation_measures_what_it_is_made_of(
    profiles: Path,
    demographics: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def simulate_small(request: Request, cores: int, disturbance: Disturbance) -> dict[str, Any]:
        small = replace(request, profiles=profiles, demographics=demographics)
        return simulate(small, cores, disturbance, rows=(5_000, 15_000))

    monkeypatch.setattr("bench.studies.simulate.simulate", simulate_small)
    assert main(["simulate", "--customers", f"{10**8}", "--cores", "100", "--results", str(tmp_path)]) == 0
    result = json.loads((tmp_path / "simulate.json").read_text())["result"]
    assert result["batches"] > 20 * 100
    assert result["rows"] > 10**10
    assert 0 < result["undisturbed"]["balance"] <= 1
    assert result["disturbed"]["stragglers"] == 0.01
    assert result["measured"]["scan_ns"] > 0
    assert [planned["customers"] for planned in result["planning"]] == [10**6, 10**8]
    assert f"{10**8:,} customers" in capsys.readouterr().out
