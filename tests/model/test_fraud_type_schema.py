"""JSON Schema of fraud types: it accepts what the parser accepts, and refuses what is wrong with one value alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.model.test_parse_fraud_type import FAULTS
from tests.support.fraud_types import DOCUMENT
from vecgen.config.json_schema import spell_schema
from vecgen.config.loader import DEFAULT_PROFILES
from vecgen.model.fraud.fraud_type_schema import KIND, fraud_type_schema
from vecgen.model.fraud.load_fraud_types import list_fraud_types

VALIDATOR = Draft202012Validator(fraud_type_schema())


def test_it_is_a_schema_and_committed_as_the_code_says() -> None:
    Draft202012Validator.check_schema(fraud_type_schema())
    committed = (DEFAULT_PROFILES / f"{KIND}.schema.json").read_text(encoding="utf-8")
    assert committed == spell_schema(fraud_type_schema())


def test_the_shipped_types_are_valid() -> None:
    files = list_fraud_types(DEFAULT_PROFILES)
    assert len(files) == 9
    for path in files.values():
        assert list(VALIDATOR.iter_errors(json.loads(path.read_text(encoding="utf-8")))) == []


def test_a_document_with_every_field_and_one_with_none_are_valid() -> None:
    assert VALIDATOR.is_valid(DOCUMENT)
    assert VALIDATOR.is_valid({})


@pytest.mark.parametrize(("change", "field", "_"), FAULTS)
def test_what_the_parser_refuses_is_invalid(change: dict[str, Any], field: str, _: str) -> None:
    compared = field == "per_day.min" or (field == "hours" and "burst_seconds" in change)
    compared |= change == {"amount_factor": 0.1}  # too small for a mean
    assert VALIDATOR.is_valid({**DOCUMENT, **change}) == compared


@pytest.mark.parametrize("missing", ["categories", "per_day", "remote_degrees"])
def test_what_a_choice_needs_must_be_there(missing: str) -> None:
    assert not VALIDATOR.is_valid({key: value for key, value in DOCUMENT.items() if key != missing})
