"""Plans of the job, one for each list of arguments in the JSON given, and the configuration in which the last ran."""

from __future__ import annotations

import json
import sys

from pyspark.sql import SparkSession

from vecgen.spark.cluster.environment import DEFAULTS
from vecgen.spark.job import main

statuses = [main([*arguments, "--plan"]) for arguments in json.loads(sys.argv[1])]
spark = SparkSession.builder.getOrCreate()
context = spark.sparkContext
seen = {
    "statuses": statuses,
    "master": context.master,
    "name": context.appName,
    "python": context.pythonExec,
    **{default.name: spark.conf.get(default.name) for default in DEFAULTS},
}
print(json.dumps(seen))
