"""The payload of all tasks, unpickled once by each Python process of an executor instead of once by each task.

A compiled plan takes a tenth of a second to unpickle and half a second until its texts are Arrow's. Spark has broadcast
variables for that, Spark Connect has none.
"""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")

_opened: Final[dict[str, Any]] = {}


@dataclass(frozen=True)
class Payload(Generic[T]):
    """A pickled value and the hash of its bytes."""

    pickled: bytes
    key: str

    def open(self) -> T:
        """Return the value; the same object each time, as long as this process asks for no other."""
        if self.key not in _opened:
            _opened.clear()  # a process that outlives a job must not hold the plans of all jobs
            _opened[self.key] = pickle.loads(self.pickled)
        value: T = _opened[self.key]
        return value


def make_payload(value: T) -> Payload[T]:
    """Return a value of vecgen's own types as tasks receive it."""
    pickled = pickle.dumps(value, protocol=5)
    return Payload(pickled, hashlib.sha256(pickled).hexdigest())
