"""Why an output is refused, and what to change in the command so that it is accepted."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any, Final

from vecgen.errors import InputError, OutputError, Step, advise, setting
from vecgen.stores.filesystem import Place

RESUME: Final = Step("resume", {"overwrite": None, "resume": True})
OVERWRITE: Final = Step("replace it", {"resume": None, "overwrite": True})
AGAIN: Final = Step("start over")
_WAIT: Final = Step("once it has ended, resume", {"resume": True})
_SAME: Final = f"ask for the same, or choose another {setting('output')}"
_UNSPELLED: Final = frozenset({"customers_file", "demographics", "parts", "profiles", "version", "word_lists"})
"""What is known by a fingerprint only, or belongs to no option."""
_LONGEST_VALUE: Final = 200


def refuse_held(output: Place, holder: str) -> OutputError:
    """Return the error of a run whose output another live run holds.

    Args:
        holder: Who it is, as far as that is known, else "".
    """
    named = f" ({holder})" if holder else ""
    text = f"{setting('output')}: another run{named} is writing {output}; wait for it, or choose another"
    return advise(OutputError(text), _WAIT)


def refuse_finished(output: Place) -> OutputError:
    """Return the error of a run whose output holds a dataset."""
    remedy = f"choose another, or pass {setting('overwrite', True)} to replace it"
    return advise(OutputError(f"{setting('output')}: {output} holds a dataset; {remedy}"), OVERWRITE)


def refuse_foreign(output: Place, reason: str) -> OutputError:
    """Return the error of a run whose output holds something other than a dataset of vecgen."""
    return advise(OutputError(reason), _go_elsewhere(output))


def refuse_unfinished(
    output: Place, asked: Mapping[str, Any], begun: Mapping[str, Any], *, in_place: bool
) -> OutputError:
    """Return the error of a run whose output holds an incomplete dataset.

    Args:
        asked: The options of this run, by name.
        begun: The options with which it was started.
        in_place: Whether the run would write among the files of others, as loads do; it replaces nothing then.
    """
    text = f"{setting('output')}: {output} holds a dataset that is not complete"
    changes = _list_changes(asked, begun)
    if not changes:
        return advise(OutputError(f"{text}; pass {setting('resume', True)}, or remove it"), RESUME)
    text += f" and was started with other values of {', '.join(_name_option(name) for name in changes)}"
    if in_place:
        return advise(OutputError(f"{text}; complete it first"), _correct(output, changes, {"resume": True}))
    return advise(OutputError(f"{text}; pass {setting('overwrite', True)} to replace it, or choose another"), OVERWRITE)


def refuse_difference(
    why: str, where: Place, asked: Mapping[str, Any], before: Mapping[str, Any], *, complete: bool = True
) -> None:
    """Compare the options of a run with those with which a dataset was started, by name.

    Args:
        why: What asks for the same options: "resume" or "append".
        complete: Whether the dataset is.

    Raises:
        InputError: The first name under which they differ, and both values.
    """
    resumes = why == "resume"
    if "word_lists" not in before:
        expected = "one that says what decides its rows, as those of this version do"
        remedy = f"finish it with the version of vecgen that started it, or choose another {setting('output')}"
        error = InputError(setting(why), str(where), "a dataset started by an older version", expected, remedy)
        raise advise(error, OVERWRITE if resumes else _go_elsewhere(where))
    changes = _list_changes(asked, before)
    for name, value in changes.items():
        expected = f"{value!r}, with which {where} was started"
        error = InputError(setting(why), _name_option(name), asked[name], expected, _SAME)
        more = {"resume": True} if resumes else {}
        raise advise(error, OVERWRITE if resumes and complete else _correct(where, changes, more))


def _list_changes(asked: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a dataset that differ from the options of a run."""
    return {name: before.get(name) for name in sorted(asked) if asked[name] != before.get(name)}


def _name_option(name: str) -> str:
    return "lists of Faker" if name == "word_lists" else setting(name)


def _correct(output: Place, changes: Mapping[str, Any], more: Mapping[str, object]) -> Step:
    """Return the step that repeats the recorded options, or where they cannot be spelled, takes another output."""
    if _UNSPELLED.intersection(changes) or not all(_can_be_typed(*change) for change in changes.items()):
        return _go_elsewhere(output)
    exclusive = {"normalized": None} if "columns" in changes else {}
    return Step("keep the recorded options", {"overwrite": None, **exclusive, **changes, **more})


def _can_be_typed(name: str, value: object) -> bool:
    """Return whether an option can have a recorded value; a value that vecgen has not written may be anything."""
    if name == "batches":
        return isinstance(value, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in value)
    if isinstance(value, list):
        return all(isinstance(item, str) for item in value)
    plain = value is None or (name != "only_dates" and isinstance(value, (str, int, float)))
    return plain and len(str(value)) <= _LONGEST_VALUE


def _go_elsewhere(output: Place) -> Step:
    """Return the step to an output beside this one that is free."""
    named = output if output.name not in ("", "..") else output.absolute()
    base = Path(named).resolve() if isinstance(named, Path) and named.name == ".." else named
    name = base.name or "vecgen"
    free = next(place for place in (base.parent / f"{name}-{number}" for number in count(2)) if not place.exists())
    return Step("write elsewhere", {"resume": None, "overwrite": None, "output": str(free)})
