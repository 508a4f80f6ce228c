"""`python spark_jobs/pack.py FILE.zip`: the code that executors need, as `spark-submit --py-files` takes it.

The archive is a function of the code: no times, entries in order.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)  # the first that the format knows


def pack(target: Path) -> list[str]:
    """Write the archive and return the names in it."""
    files = sorted((ROOT / "vecgen").rglob("*.py"))
    names = [file.relative_to(ROOT).as_posix() for file in files]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in zip(names, files, strict=True):
            archive.writestr(zipfile.ZipInfo(name, _MOMENT), file.read_bytes(), zipfile.ZIP_DEFLATED)
    return names


def main(arguments: list[str]) -> int:
    """Write the archive that `arguments` name; return the exit status."""
    if len(arguments) != 1 or not arguments[0].endswith(".zip"):
        print("usage: python spark_jobs/pack.py FILE.zip", file=sys.stderr)
        return 2
    print(f"{arguments[0]}: {len(pack(Path(arguments[0])))} modules")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
