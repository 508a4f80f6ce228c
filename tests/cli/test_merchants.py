"""The command `merchants`: a file for demographics of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from vecgen.cli.main import main
from vecgen.config.loader import load_demographics


def test_merchants_are_repeatable_and_never_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, other = (tmp_path / f"{name}.csv" for name in "abc")
    for path, seed in ((first, "1"), (second, "1"), (other, "2")):
        assert main(["merchants", "--seed", seed, "--per-category", "3", "--output", str(path)]) == 0
    assert first.read_bytes() == second.read_bytes() != other.read_bytes()
    capsys.readouterr()
    assert main(["merchants", "--output", str(first)]) == 2
    assert first.read_bytes() == second.read_bytes()
    assert str(first) in capsys.readouterr().err


@pytest.mark.parametrize("seed", [-1, 1 << 64])
def test_a_seed_that_another_stands_for_is_refused(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "m.csv"
    assert main(["merchants", "--seed", str(seed), "--output", str(path)]) == 2
    assert capsys.readouterr().err == f"vecgen: --seed: got {seed}, expected a whole number from 0 to 2**64 - 1\n"
    assert not path.exists()


def test_merchants_can_be_used(demographics_copy: Path) -> None:
    path = demographics_copy / "merchants.csv"
    path.unlink()
    assert main(["merchants", "--per-category", "2", "--output", str(path)]) == 0
    assert {len(names) for names in load_demographics(demographics_copy).merchants.names} == {2}
