"""Makes new profiles from existing ones: writes all files or none, and overwrites nothing."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from vecgen.config.loader import DEFAULT_PROFILES, MAIN_CONFIG, load_profiles, read_json
from vecgen.config.new_file import new_directory
from vecgen.config.parse_profile import check_name
from vecgen.config.profile import FRAUD_PREFIX, LEFTOVERS, SUFFIX
from vecgen.errors import InputError, OutputError, setting, suggest

_LINE: Final = 80
_EVERYONE: Final = {"gender": ["F", "M"], "age": {"min": 0, "max": "inf"}, "city_pop": {"min": 0, "max": "inf"}}


@dataclass(frozen=True)
class _Copy:
    """A profile to be made: `name` after `origin`, which is read in the directory `source`."""

    source: Path
    origin: str
    name: str


def add_profile(
    directory: Path, origin: str, name: str, source: Path | None = None, others: Iterable[str] = ()
) -> None:
    """Write the profile `name`, a copy of `origin`, with its fraud twin and its segment, into a directory.

    The new segment stands before that of the original and takes its customers; that of a copy of "leftovers" stands
    last and takes everyone left over.

    Args:
        directory: One with profiles; or one that is new or empty: it becomes a copy of the source first.
        source: Where `origin` is read: by default the directory itself, the shipped profiles if it is new or empty.
        others: Names that are no profiles' and could have been meant.

    Raises:
        InputError: A source or a directory with faults, an unknown original, a name that is taken or cannot be one.
        OutputError: The directory cannot be written.
    """
    try:
        new = not directory.is_dir() or not any(directory.iterdir())
        copy = _Copy(source or (DEFAULT_PROFILES if new else directory), origin, name)
        _check(copy, directory if not new else copy.source, others)
        if new:
            _create(directory, copy)
        else:
            _extend(directory, _files(copy, directory))
    except OSError as error:
        raise OutputError(f"{directory}: cannot be written ({error.strerror or error})") from error


def _check(copy: _Copy, directory: Path, others: Iterable[str]) -> None:
    names = load_profiles(copy.source).names
    if copy.origin not in names:
        known = (*names, *others)
        raise InputError(setting("from"), "", copy.origin, f"one of {', '.join(known)}", suggest(copy.origin, known))
    check_name(setting("name"), "", copy.name)
    if copy.name.startswith(FRAUD_PREFIX):
        raise InputError(setting("name"), "", copy.name, f"a name that does not begin with {FRAUD_PREFIX}, as twins do")
    taken = copy.name in load_profiles(directory).names or any((directory / file).exists() for file in _pair(copy.name))
    if taken:
        raise InputError(
            setting("name"), "", copy.name, f"a name that nothing in {directory} has taken", "choose another"
        )


def read_profile_files(source: Path) -> dict[str, bytes]:
    """Return the files of a directory of profiles that make a complete one, by their names.

    Raises:
        InputError: It has faults.
    """
    names = load_profiles(source).names
    paths = [source / file for name in names for file in _pair(name)] + [*source.glob("*.schema.json")]
    return {path.name: path.read_bytes() for path in (*paths, source / MAIN_CONFIG)}


def _create(directory: Path, copy: _Copy) -> None:
    with new_directory(directory) as complete:
        for file, content in (read_profile_files(copy.source) | _files(copy, copy.source)).items():
            (complete / file).write_bytes(content)


def _extend(directory: Path, files: Mapping[str, bytes]) -> None:
    with tempfile.TemporaryDirectory(prefix=".vecgen-", dir=directory) as scratch:
        for file, content in files.items():
            (Path(scratch) / file).write_bytes(content)
        try:
            for file in files:  # main_config.json comes last: until it names the pair, nobody reads it
                (Path(scratch) / file).replace(directory / file)
        except OSError:
            for file in files.keys() - {MAIN_CONFIG}:
                (directory / file).unlink(missing_ok=True)
            raise


def _pair(name: str) -> tuple[str, str]:
    return f"{name}{SUFFIX}", f"{FRAUD_PREFIX}{name}{SUFFIX}"


def _files(copy: _Copy, directory: Path) -> dict[str, bytes]:
    """Return what a copy adds to a directory of profiles, main_config.json last."""
    pairs = zip(_pair(copy.name), _pair(copy.origin), strict=True)
    files = {new: (copy.source / old).read_bytes() for new, old in pairs}
    main = to_text(_insert_segment(read_json(directory / MAIN_CONFIG), copy))
    return files | {MAIN_CONFIG: f"{main}\n".encode()}


def _insert_segment(main: Any, copy: _Copy) -> dict[str, object]:
    old, new = (f"{name}{SUFFIX}" for name in (copy.origin, copy.name))
    if copy.origin == LEFTOVERS:
        return {**main, new: _EVERYONE}
    segments: Any = read_json(copy.source / MAIN_CONFIG)
    before = list(main)[: list(main).index(old)] if old in main else []
    return {**{key: main[key] for key in before}, new: segments[old], **main}


def to_text(value: object, indent: int = 0) -> str:
    """Return a JSON value as text, an object that fits on a line on one, as in the shipped files."""
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict) or indent + len(line) <= _LINE:
        return line
    margin = " " * (indent + 2)
    members = [f"{margin}{json.dumps(key, ensure_ascii=False)}: {to_text(v, indent + 2)}" for key, v in value.items()]
    return "\n".join(["{", ",\n".join(members), f"{' ' * indent}}}"])
