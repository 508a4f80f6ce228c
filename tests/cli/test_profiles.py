"""The command `profiles`: what it prints, writes and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.datasets import read_customers
from vecgen.cli.main import main


def test_profiles_check(profiles: Path, profile_copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profiles", "check"]) == 0
    assert main(["profiles", "check", str(profiles)]) == 0
    assert "3 profiles and their fraud twins, no fault found" in capsys.readouterr().out
    (profile_copy / "leftovers.json").write_text("{", encoding="utf-8")
    assert main(["profiles", "check", str(profile_copy)]) == 2
    assert "leftovers.json: line 1, column 2" in capsys.readouterr().err


def test_profiles_check_lists_every_fault_and_counts_them(
    profile_copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("leftovers.json", "fraud_leftovers.json"):
        path = profile_copy / name
        changed = json.loads(path.read_text(encoding="utf-8")) | {"travel_pct": 101, "travel_max_dist": -1}
        path.write_text(json.dumps(changed), encoding="utf-8")
    assert main(["profiles", "check", str(profile_copy)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    *faults, summary = captured.err.splitlines()
    percent, distance = "got 101, expected a number from 0 to 100", "got -1, expected a number from 0 to 6,000"
    assert faults == [
        f"{profile_copy / name}: {field}: {fault}"
        for name in ("leftovers.json", "fraud_leftovers.json")
        for field, fault in (("travel_pct", percent), ("travel_max_dist", distance))
    ]
    assert summary == f"vecgen: {profile_copy}: 4 faults in 2 places"


def test_profiles_show(profiles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profiles", "show", "young_adults_male_rural"]) == 0
    assert capsys.readouterr().out.startswith("young_adults_male_rural")
    assert main(["profiles", "show", "young_adults_male_rural", str(profiles)]) == 2
    assert "expected one of adults_2550_female_urban, adults_50up_male_rural, leftovers" in capsys.readouterr().err


def test_new_profiles_can_be_used(small: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = str(tmp_path / "mine")
    origin = ["--from", "adults_2550_female_urban"]
    assert main(["profiles", "new", mine, *origin]) == 0
    assert main(["profiles", "new", mine, *origin, "--name", "students"]) == 0
    assert main(["profiles", "check", mine]) == 0
    assert "15 profiles and their fraud twins" in capsys.readouterr().out
    assert main(["customers", *small, "--profiles", mine, "--output", str(tmp_path / "o")]) == 0
    met = set(read_customers(tmp_path / "o")["profile"].to_pylist())
    assert "adults_2550_female_urban_copy.json" in met  # made first, it stands before the other copy
    assert not met & {"adults_2550_female_urban.json"}
    assert main(["profiles", "new", mine, *origin]) == 2
    assert "a name that nothing in" in capsys.readouterr().err


def test_fraud_types_are_shown_copied_and_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = str(tmp_path / "mine")
    assert main(["profiles", "show", "card_testing"]) == 0
    assert "seconds of a burst" in capsys.readouterr().out
    assert main(["profiles", "new", mine, "--from", "card_testing", "--name", "probing"]) == 0
    assert main(["profiles", "show", "probing", mine]) == 0
    assert main(["profiles", "check", mine]) == 0
    assert "13 profiles and their fraud twins, 1 fraud type, no fault found" in capsys.readouterr().out
    for asked in (["show", "probings", mine], ["new", mine, "--from", "probings", "--name", "more"]):
        assert main(["profiles", *asked]) == 2
        assert "did you mean 'probing'" in capsys.readouterr().err
    assert main(["profiles", "new", mine, "--from", "probing", "--name", ""]) == 2
    assert "--name: got '', expected a fraud type name" in capsys.readouterr().err
    path = tmp_path / "mine" / "fraud_types" / "probing.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"days": 1', '"days": 99'), encoding="utf-8")
    assert main(["profiles", "check", mine]) == 2
    assert "probing.json: days: got 99, expected an integer from 1 to 60" in capsys.readouterr().err
    path.write_text('{"amount_factor": 0.01}', encoding="utf-8")
    assert main(["profiles", "check", mine]) == 2
    assert "fraud type probing: amount_factor: got 0.01, expected at least" in capsys.readouterr().err


def test_profiles_schema(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for kind in ("profile", "main_config", "fraud_type"):
        assert main(["profiles", "schema", kind]) == 0
        printed = capsys.readouterr().out
        assert json.loads(printed)["$schema"].endswith("draft/2020-12/schema")
        path = tmp_path / f"{kind}.json"
        assert main(["profiles", "schema", kind, "--output", str(path)]) == 0
        assert path.read_text(encoding="utf-8") == printed
        assert main(["profiles", "schema", kind, "--output", str(path)]) == 2
