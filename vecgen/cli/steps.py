"""The command to run next after a refusal or an interruption, spelled from what was typed."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from itertools import islice
from typing import Final

from vecgen.errors import Step
from vecgen.plan.command import FLAGS, spell_option
from vecgen.stores.options import may_be_secret

_STORAGE: Final = "--storage-option"


def spell_step(program: str, words: Sequence[str], step: Step) -> str:
    """Return a line that prints the command of a step: the words that were typed, changed as the step says.

    Args:
        program: What is typed before them, as a shell takes it.
        words: What was typed. Storage options that may be secret are left out.
    """
    shown = _drop_secrets(words)
    note = " (credentials, left out here, are needed again)" if len(shown) < len(words) else ""
    return f"{step.verb}{note} with {program} {shlex.join(_change(shown, step))}"


def _change(words: Sequence[str], step: Step) -> list[str]:
    options = dict(step.options)
    if "--overwrite" in words and "overwrite" not in options:  # which starts over; the two exclude each other
        options.pop("resume", None)
    kept = list(words)
    for name in options:
        kept = _drop_option(kept, name, takes_value=name not in FLAGS)
    added = (spell_option(name, value) for name, value in options.items() if value is not None and value is not False)
    return [*kept, *(word for spelled in added for word in spelled)]


def _drop_option(words: Sequence[str], name: str, *, takes_value: bool) -> list[str]:
    option, kept, rest = f"--{name.replace('_', '-')}", list[str](), iter(words)
    for word in rest:
        if word == option and takes_value:
            next(rest, None)
        elif word != option and not word.startswith(f"{option}="):
            kept.append(word)
    return kept


def _drop_secrets(words: Sequence[str]) -> list[str]:
    kept, rest = list[str](), iter(words)
    for word in rest:
        option, equals, value = word.partition("=")
        pair = [word] if equals or option != _STORAGE else [word, *islice(rest, 1)]
        text = value if equals else pair[-1]
        if option != _STORAGE or not may_be_secret(text.partition("=")[0]):
            kept += pair
    return kept
