"""The job, submitted; afterwards tasks tell where they found the project, and what becomes of an attempt to open it.

Arguments: a file of the project, then the job's.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pyspark.sql import SparkSession

from vecgen.spark.job import main


def look(file: str) -> dict[str, object]:
    """Return what a task sees."""
    from vecgen.plan import plan

    try:
        with open(file, encoding="utf-8"):
            opened = True
    except PermissionError:
        opened = False
    holders = [path for path in sys.path if path.endswith("vecgen.zip") or (Path(path) / "vecgen").exists()]
    return {"module": plan.__file__, "on the path": holders, "prefix": sys.prefix, "opened": opened}


if __name__ == "__main__":
    status = main(sys.argv[2:])
    context = SparkSession.builder.getOrCreate().sparkContext
    print(json.dumps(context.parallelize([sys.argv[1]] * 4, 4).map(look).collect()))
    context.stop()
    sys.exit(status)
