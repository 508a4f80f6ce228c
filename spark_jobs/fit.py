"""`spark-submit spark_jobs/fit.py DIR OPTIONS`: fits profiles to a dataset, see `vecgen.spark.fit`."""

import sys

try:
    from vecgen.spark.fit import main
except ImportError as error:
    hint = "run it in an environment that holds vecgen and PySpark, such as .venv after `. .venv/bin/activate`"
    print(f"vecgen: {sys.executable} cannot import {error.name or 'PySpark'}; {hint}", file=sys.stderr)
    sys.exit(2)

if __name__ == "__main__":
    if status := main(sys.argv[1:]):
        sys.exit(status)  # Databricks takes any exit for a failure, even of status 0
