"""The files of fraud types: where they are found, and what their categories need."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.fraud_types import DOCUMENT, shipped_types
from vecgen.config.demographics import Merchants
from vecgen.config.loader import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES, load_demographics
from vecgen.errors import InputError
from vecgen.model.fraud.fraud_type import SPARKOV, FraudType
from vecgen.model.fraud.load_fraud_types import (
    FOLDER,
    check_categories,
    check_fraud_types,
    choose_file,
    find_fraud_types,
    list_fraud_types,
    load_fraud_type,
)

MERCHANTS = Merchants(("home", "travel"), (("a",), ("b",)))


def write_type(profiles: Path, name: str, **change: object) -> Path:
    path = profiles / FOLDER / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({**DOCUMENT, **change}))
    return path


def test_the_shipped_types() -> None:
    kinds = shipped_types()
    expected = "account_takeover authorised_scam bust_out card_not_present card_testing counterfeit friendly_fraud"
    assert [*kinds] == [*expected.split(), "lost_or_stolen_card", SPARKOV]
    assert all(len(kind.description) > 100 and "http" in kind.source for kind in kinds.values())
    assert {**vars(kinds[SPARKOV]), "description": "", "source": ""} == vars(FraudType(SPARKOV))
    assert check_fraud_types(DEFAULT_PROFILES, load_demographics(DEFAULT_DEMOGRAPHICS).merchants) == [*kinds.values()]


def test_a_directory_has_its_own_types_beside_the_shipped(tmp_path: Path) -> None:
    assert list_fraud_types(tmp_path) == {}
    own, other = write_type(tmp_path, "mine"), write_type(tmp_path, "card_testing")
    assert list_fraud_types(tmp_path) == {"card_testing": other, "mine": own}
    known = find_fraud_types(tmp_path)
    assert known == {**list_fraud_types(DEFAULT_PROFILES), "card_testing": other, "mine": own}
    assert load_fraud_type(choose_file("mine", known)).name == "mine"


@pytest.mark.parametrize("kind", ["file", "loop", "nothing behind"])
def test_what_only_has_the_name_of_the_folder_is_refused(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    if kind == "file":
        folder.write_text("")
    else:
        folder.symlink_to(FOLDER if kind == "loop" else "nowhere")
    with pytest.raises(InputError, match=f"{FOLDER}: got '.*', expected a directory of fraud types"):
        check_fraud_types(tmp_path, MERCHANTS)


def test_an_unknown_name_is_answered_by_the_likely_one() -> None:
    with pytest.raises(InputError, match=r"fraud_types: got 'card_tests', .*did you mean 'card_testing'"):
        choose_file("card_tests", find_fraud_types(DEFAULT_PROFILES))


def test_categories_need_merchants(tmp_path: Path) -> None:
    path = write_type(tmp_path, "mine", categories={"homes": {"weight": 1, "mean": 5, "stdev": 1}})
    write_type(tmp_path, "other", days=0)
    with pytest.raises(InputError) as caught:
        check_fraud_types(tmp_path, MERCHANTS)
    faults = (caught.value, *caught.value.further)
    assert [fault.field for fault in faults] == ["categories", "days"]
    assert "did you mean 'home'" in str(faults[0])
    with pytest.raises(InputError, match="fraud type mine: categories: got 'homes'"):
        check_categories([load_fraud_type(path)], MERCHANTS)
    path = write_type(tmp_path, "mine", compromised={"weeks": 1, "categories": ["travels"]})
    with pytest.raises(InputError, match=r"compromised\.categories: got 'travels', .*did you mean 'travel'"):
        check_categories([load_fraud_type(path)], MERCHANTS)
    write_type(tmp_path, "mine")
    write_type(tmp_path, "other")
    assert [kind.name for kind in check_fraud_types(tmp_path, MERCHANTS)] == ["mine", "other"]
