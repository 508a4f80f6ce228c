"""Why an output is refused, and the step that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from vecgen.errors import InputError
from vecgen.stores.refusals import OVERWRITE, RESUME, refuse_difference, refuse_foreign, refuse_unfinished


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("partition_by", [[1]]), ("batches", [1]), ("only_dates", 7), ("encoding", [[]]), ("format", {"a": 1})),
        ("format", "x" * 5000),
    ],
)
def test_no_command_is_spelled_of_values_that_vecgen_does_not_write(name: str, value: object, tmp_path: Path) -> None:
    asked, begun = {name: None, "word_lists": ""}, {name: value, "word_lists": ""}
    with pytest.raises(InputError) as caught:
        refuse_difference("resume", tmp_path / "o", asked, begun, complete=False)
    assert caught.value.step is not None
    assert caught.value.step.verb == "write elsewhere"


def test_the_first_difference_is_named_with_the_step_that_repeats_what_was_recorded(tmp_path: Path) -> None:
    begun = {"seed": 42, "customers": 60, "word_lists": ""}
    refuse_difference("append", tmp_path, begun, begun)
    with pytest.raises(
        InputError, match=r"^append: customers: got 7, expected 60, with which .* was started"
    ) as caught:
        refuse_difference("append", tmp_path, {**begun, "seed": 1, "customers": 7}, begun)
    assert caught.value.step is not None
    assert caught.value.step.options == {"overwrite": None, "seed": 42, "customers": 60}


def test_a_dataset_of_an_older_version_is_not_resumed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="got 'a dataset started by an older version'"):
        refuse_difference("resume", tmp_path, {}, {})


def test_an_incomplete_dataset_is_resumed_replaced_or_completed_first(tmp_path: Path) -> None:
    same, other = {"seed": 1, "word_lists": ""}, {"seed": 2, "word_lists": ""}
    assert refuse_unfinished(tmp_path, same, same, in_place=False).step is RESUME
    replaced = refuse_unfinished(tmp_path, same, other, in_place=False)
    assert "other values of seed; pass overwrite=True" in str(replaced)
    assert replaced.step is OVERWRITE
    first = refuse_unfinished(tmp_path, same, other, in_place=True)
    assert str(first).endswith("complete it first")
    assert first.step is not None
    assert first.step.options == {"overwrite": None, "seed": 2, "resume": True}


def test_a_free_output_beside_is_named(tmp_path: Path) -> None:
    (tmp_path / "o-2").mkdir()
    step = refuse_foreign(tmp_path / "o", "it holds letters").step
    assert step is not None
    assert step.options["output"] == str(tmp_path / "o-3")
