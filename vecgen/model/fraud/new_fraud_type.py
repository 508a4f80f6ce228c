"""Makes new fraud types from existing ones: writes all files or none, and overwrites nothing."""

from __future__ import annotations

from pathlib import Path

from vecgen.config.loader import DEFAULT_PROFILES
from vecgen.config.new_file import new_directory, write_new
from vecgen.config.new_profile import read_profile_files
from vecgen.config.parse_profile import check_name
from vecgen.config.profile import SUFFIX
from vecgen.errors import InputError, OutputError, setting
from vecgen.model.fraud.load_fraud_types import FOLDER, choose_file, find_fraud_types, load_fraud_type


def add_fraud_type(directory: Path, origin: str, name: str, source: Path | None = None) -> None:
    """Write the fraud type `name`, a copy of `origin`, into a directory of profiles.

    Args:
        directory: One with profiles; or one that is new or empty: it becomes a copy of the source first.
        source: Profiles whose types are known beside the shipped: by default the directory itself.

    Raises:
        InputError: A source with faults, an unknown original, a name that is taken or cannot be one.
        OutputError: The directory cannot be written.
    """
    known = find_fraud_types(source or directory)
    path = choose_file(origin, known)
    load_fraud_type(path)
    check_name(setting("name"), "", name, "fraud type")
    if name in find_fraud_types(directory):
        raise InputError(setting("name"), "", name, "a name that no fraud type has", "choose another")
    try:
        text = path.read_text(encoding="utf-8")
        if not directory.is_dir() or not any(directory.iterdir()):
            _create(directory, source or DEFAULT_PROFILES)
        (directory / FOLDER).mkdir(exist_ok=True)
        write_new(directory / FOLDER / f"{name}{SUFFIX}", text)
    except OSError as error:
        raise OutputError(f"{directory}: cannot be written ({error.strerror or error})") from error


def _create(directory: Path, source: Path) -> None:
    with new_directory(directory) as complete:
        for file, content in read_profile_files(source).items():
            (complete / file).write_bytes(content)
