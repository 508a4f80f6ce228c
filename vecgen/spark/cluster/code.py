"""Packs the code of vecgen into an archive for `spark-submit --py-files` and Connect servers."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from weakref import WeakSet

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_PACKAGE: Final = Path(__file__).resolve().parents[2]
_served: Final[WeakSet[SparkSession]] = WeakSet()
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)  # the first that the format knows


def pack(target: Path) -> list[str]:
    """Write the archive, a function of the code: no times, entries in order; return the names in it."""
    files = sorted(_PACKAGE.rglob("*.py"))
    names = [file.relative_to(_PACKAGE.parent).as_posix() for file in files]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in zip(names, files, strict=True):
            archive.writestr(zipfile.ZipInfo(name, _MOMENT), file.read_bytes(), zipfile.ZIP_DEFLATED)
    return names


def send_code(spark: SparkSession) -> None:
    """Send the code of this process to a Connect server, whose tasks may lack it; a session gets it once."""
    if spark in _served:  # Spark 3.5 refuses what it has
        return
    with TemporaryDirectory(prefix="vecgen-") as scratch:
        archive = Path(scratch) / "vecgen.zip"
        pack(archive)
        # A server keeps files by name and refuses another content under one it knows.
        named = archive.with_name(f"vecgen-{hashlib.sha256(archive.read_bytes()).hexdigest()[:16]}.zip")
        spark.addArtifacts(str(archive.rename(named)), pyfile=True)
    _served.add(spark)
