"""Finds and reads the files of fraud types."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from vecgen.config.demographics import Merchants
from vecgen.config.loader import DEFAULT_PROFILES, read_json
from vecgen.config.parse_profile import is_weight
from vecgen.config.profile import MAX_WEIGHT, MIN_WEIGHT, SUFFIX
from vecgen.errors import InputError, gather, raise_first, setting, suggest
from vecgen.model.fraud.fraud_type import FraudType, WeightedType
from vecgen.model.fraud.parse_fraud_type import parse_fraud_type

FOLDER: Final = "fraud_types"
"""Of a directory of profiles."""


def list_fraud_types(profiles: Path) -> dict[str, Path]:
    """Return the files of the types of a directory of profiles by name; none where it has no such folder.

    Raises:
        InputError: What has the folder's name is none, or cannot be read.
    """
    folder = profiles / FOLDER
    return _list_files(folder) if os.path.lexists(folder) else {}


def _list_files(folder: Path) -> dict[str, Path]:
    """Return the files of the types in a folder by name.

    Raises:
        InputError: It is no folder, or cannot be read.
    """
    try:
        names = sorted(os.listdir(folder))
    except (OSError, ValueError) as error:
        found = (getattr(error, "strerror", None) or str(error)).lower()
        raise InputError(str(folder), "", found, "a directory of fraud types") from None
    return {name.removesuffix(SUFFIX): folder / name for name in names if name.endswith(SUFFIX)}


def find_fraud_types(profiles: Path) -> dict[str, Path]:
    """Return the files of the types that profiles of a directory can use: its own, and the shipped beside them."""
    return {**list_fraud_types(DEFAULT_PROFILES), **list_fraud_types(profiles)}


def load_fraud_type(path: Path) -> FraudType:
    """Return the type that a file describes.

    Raises:
        InputError: The file is missing, unreadable or invalid; `further` holds its other faults.
    """
    return parse_fraud_type(str(path), path.name.removesuffix(SUFFIX), read_json(path))


def load_fraud_types(files: Iterable[Path]) -> list[FraudType]:
    """Return the types that files describe.

    Raises:
        InputError: One of them is invalid; `further` holds the faults of all.
    """
    return gather([partial(load_fraud_type, path) for path in files])


def load_weighted_types(profiles: Path, weights: Mapping[str, float]) -> tuple[WeightedType, ...]:
    """Return the types of these names, each with its weight, in the order of the names: none is before another.

    Args:
        profiles: The directory whose types are known beside the shipped ones.
        weights: By name of a type; by path of a directory, each of whose types has the weight; or by such a path and
            name, DIR/NAME.

    Raises:
        InputError: An unknown name, a weight that is none, or a type with faults.
    """
    known = find_fraud_types(profiles) if weights else {}
    found = gather([partial(_load_chosen, name, weight, known) for name, weight in weights.items()])
    return tuple(sorted((own for chosen in found for own in chosen), key=lambda own: own.type.name))


def _load_chosen(name: str, weight: float, known: Mapping[str, Path]) -> list[WeightedType]:
    """Return the types that a name or a path stands for."""
    check_weight(name, weight)
    if name in known:
        return [WeightedType(load_fraud_type(known[name]), weight)]
    folder, files = _find_files(name, known)
    return [WeightedType(kind, weight, str(folder)) for kind in load_fraud_types(files)]


def _find_files(name: str, known: Mapping[str, Path]) -> tuple[Path, list[Path]]:
    """Return the files that a path stands for, and the folder they are in."""
    path = Path(os.path.expanduser(name))
    if os.path.isdir(path):
        folder = path / FOLDER if os.path.isdir(path / FOLDER) else path
        return folder, list(_list_some(folder).values())
    files = _list_some(path.parent) if len(path.parts) > 1 else known
    return path.parent, [choose_file(path.name, files)]


def _list_some(folder: Path) -> dict[str, Path]:
    if not (files := _list_files(folder)):
        raise InputError(str(folder), "", "no such file", "a directory with files of fraud types")
    return files


def check_weight(name: str, weight: float) -> None:
    """Accept the weight of a type.

    Raises:
        InputError: It is negative, or out of range.
    """
    if not is_weight(weight):
        expected = f"0, or a number from {MIN_WEIGHT:g} to {MAX_WEIGHT:g}"
        raise InputError(setting("fraud_types"), name, weight, expected)


def check_fraud_types(profiles: Path, merchants: Merchants) -> list[FraudType]:
    """Return the types of a directory of profiles, checked, also against the merchants.

    Raises:
        InputError: The first fault, with all others as its `further`.
    """
    files = list_fraud_types(profiles).values()
    return gather([partial(_check_fraud_type, path, merchants.categories) for path in files])


def _check_fraud_type(path: Path, known: tuple[str, ...]) -> FraudType:
    kind = load_fraud_type(path)
    raise_first(list(_list_missing(str(path), kind, known)))
    return kind


def check_categories(kinds: Iterable[FraudType], merchants: Merchants) -> None:
    """Accept types whose categories have merchants.

    Raises:
        InputError: The first category that has none; `further` holds the others.
    """
    raise_first(
        [fault for kind in kinds for fault in _list_missing(f"fraud type {kind.name}", kind, merchants.categories)]
    )


def _list_missing(where: str, kind: FraudType, known: tuple[str, ...]) -> Iterator[InputError]:
    compromised = kind.compromised.categories if kind.compromised else ()
    for key, names in (("categories", kind.categories), ("compromised.categories", compromised)):
        for category in names:
            if category not in known:
                yield InputError(where, key, category, "a category that has merchants", suggest(category, known))


def choose_file(name: str, files: Mapping[str, Path]) -> Path:
    """Return the file of a type by its name.

    Raises:
        InputError: There is none.
    """
    if name not in files:
        expected = f"one of {', '.join(files)}, or a directory"
        raise InputError(setting("fraud_types"), "", name, expected, suggest(name, files))
    return files[name]
