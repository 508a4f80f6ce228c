"""`python -m vecgen.spark`: the job of `spark_jobs/generate.py`, where no file of the checkout is at hand."""

import sys

from vecgen.spark.job import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
