"""`python spark_jobs/pack.py FILE.zip`: the code that executors need, as `spark-submit --py-files` takes it."""

from __future__ import annotations

import sys
from pathlib import Path

from vecgen.spark.cluster.code import pack


def main(arguments: list[str]) -> int:
    """Write the archive that `arguments` name; return the exit status."""
    if len(arguments) != 1 or not arguments[0].endswith(".zip"):
        print("usage: python spark_jobs/pack.py FILE.zip", file=sys.stderr)
        return 2
    print(f"{arguments[0]}: {len(pack(Path(arguments[0])))} modules")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
