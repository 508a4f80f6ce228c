"""Fingerprints of values: equal for equal content, whatever machine, version or module it comes from.

A value is written as canonical JSON, arrays as the hash of their bytes; no name of a class or module is part of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any, Final

import numpy as np

_PLAIN: Final = frozenset({str, int, float, bool, type(None)})


def fingerprint(value: object) -> str:
    """Return sixteen hexadecimal digits of dataclasses, mappings, sequences, arrays, dates, texts and numbers.

    Raises:
        TypeError: A value of another kind.
    """
    text = json.dumps(_to_json(value), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _to_json(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        array = np.ascontiguousarray(value, value.dtype.newbyteorder("<"))
        return [array.dtype.str, list(array.shape), hashlib.sha256(array.tobytes()).hexdigest()]
    if is_dataclass(value):
        return {field.name: _to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _to_json(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        # A list of texts, as most values by far are, is taken as it is.
        return value if _PLAIN.issuperset(map(type, value)) else [_to_json(part) for part in value]
    plain = value.item() if isinstance(value, np.generic) else value
    if plain is None or isinstance(plain, str | int | float):
        return plain
    if isinstance(plain, date):
        return plain.isoformat()
    raise TypeError(f"{type(value).__name__} has no fingerprint")
