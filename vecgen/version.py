"""The version: every module can name it without importing the package's front door, and the wheel takes this one."""

from __future__ import annotations

__version__ = "0.2.0"
