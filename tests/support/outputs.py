"""Outputs by the names of their settings, whichever part of an output a setting belongs to."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from vecgen.plan.form import Form
from vecgen.plan.output import Output
from vecgen.plan.selection import Selection
from vecgen.stores.filesystem import Place

_FORM = {field.name for field in fields(Form)}
_SELECTION = {field.name for field in fields(Selection)}


def make_output(path: Place, **settings: Any) -> Output:
    """Return an output with some settings, all others being the usual ones."""
    return change_output(Output(path), **settings)


def change_output(output: Output, **settings: Any) -> Output:
    """Return an output with some settings changed."""
    form = {name: settings.pop(name) for name in _FORM & settings.keys()}
    selection = {name: settings.pop(name) for name in _SELECTION & settings.keys()}
    return replace(
        output, form=replace(output.form, **form), selection=replace(output.selection, **selection), **settings
    )
