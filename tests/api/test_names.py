"""Names of the Python API: who asks for one loads what it needs, and `help` names every keyword."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable

import pytest

import vecgen
from vecgen.plan.request import Request


def list_rooms(statement: str) -> set[str]:
    """Return the rooms of vecgen, and the libraries, that a new process has loaded after a statement."""
    code = f"import sys, vecgen\n{statement}\nprint(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    return {name.removeprefix("vecgen.").partition(".")[0] for name in found}


def test_a_function_loads_what_it_needs() -> None:
    assert not {"numpy", "pyarrow"} & list_rooms("vecgen.__all__")
    assert not {"fit", "report", "scan", "verify"} & list_rooms("vecgen.generate_transactions, vecgen.write_dataset")
    everything = list_rooms("[getattr(vecgen, name) for name in vecgen.__all__]")
    assert {"fit", "report", "scan", "verify"} <= everything
    assert not {"pandas", "matplotlib", "sklearn", "pyspark"} & everything


def test_both_packages_know_all_names() -> None:
    assert {*vecgen.api.__all__, "__version__"} == set(vecgen.__all__) <= set(dir(vecgen))
    assert set(vecgen.api.__all__) <= set(dir(vecgen.api))
    assert vecgen.generate_transactions is vecgen.api.generate_transactions
    for package in (vecgen, vecgen.api):
        with pytest.raises(AttributeError, match="no attribute 'generate_everything'"):
            package.generate_everything  # noqa: B018
    assert all(inspect.getdoc(getattr(vecgen, name)) for name in vecgen.__all__)


def keywords_of(function: Callable[..., object]) -> set[str]:
    return set(inspect.signature(function).parameters)


def test_defaults_are_those_of_a_request_and_help_names_every_keyword() -> None:
    assert vecgen.make_request() == Request()
    for function in (
        vecgen.generate_transactions,
        vecgen.write_dataset,
        vecgen.verify_dataset,
        vecgen.fit_dataset,
        vecgen.split_dataset,
        vecgen.export_dataset,
        vecgen.compare_datasets,
        vecgen.write_report,
        vecgen.measure_ceiling,
    ):
        told = inspect.getdoc(function) or ""
        assert [
            name for name in keywords_of(function) - {"directory", "one", "other"} if f"    {name}: " not in told
        ] == []
        assert "--" not in told
