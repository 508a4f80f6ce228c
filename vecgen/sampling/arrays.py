"""Names of NumPy array types, each stated once: a letter for the kind, then the bits of an element."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
F64 = npt.NDArray[np.float64]
I16 = npt.NDArray[np.int16]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U8 = npt.NDArray[np.uint8]
U64 = npt.NDArray[np.uint64]
AnyArray = npt.NDArray[Any]

Scalar = TypeVar("Scalar", bound=np.generic)
