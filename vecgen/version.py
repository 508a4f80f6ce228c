"""The version, in its only place: modules import it from here, and the wheel is built with it."""

from __future__ import annotations

__version__ = "0.2.0"
