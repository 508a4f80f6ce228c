#!/usr/bin/env bash
# Generates a dataset with Spark on this machine: sets up .venv on the first call, then runs spark_jobs/generate.py.
# All arguments go to the job; `./run_spark_datagen.sh --help` lists them. Paths are relative to the caller's directory.
#
# Without Java it sets up .venv all the same, and names the command that needs none.
#
# Environment: PYTHON (interpreter for .venv), JAVA_HOME, SPARK_DRIVER_MEMORY (2g), SPARK_LOCAL_IP (127.0.0.1).
# Spark starts without its web page. A cluster, or settings of your own, need spark-submit instead: see README.md.
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/.setup.sh"

ensure_venv all all,test
java_fault=$(find_java_fault)
if [[ -n $java_fault ]]; then
    die "$java_fault. This needs no Java and writes the same rows: $(quote_venv_command vecgen generate "$@")"
fi

# The environment's own Spark, whatever else is installed on this machine.
unset SPARK_HOME PYSPARK_DRIVER_PYTHON
export PYSPARK_PYTHON=$VENV/bin/python
export SPARK_LOCAL_IP=${SPARK_LOCAL_IP:-127.0.0.1}
export SPARK_DRIVER_MEMORY=${SPARK_DRIVER_MEMORY:-2g}
export VECGEN_PROGRAM=$0
ensure_class_archive

# A short run is mostly Spark's start. Its web page is left out, and so are the JVM's second compiler and its threads for
# garbage where the JVM only hands out tasks: together 21 -> 13 s of processor time for 1,000 customers.
settings=(--conf spark.ui.enabled=false --conf spark.ui.showConsoleProgress=false)
java_options=()
if [[ " $* " != *[\ =]rows\ * ]]; then # Spark's own writer of rows is Java, and gains from both
    java_options+=(-XX:TieredStopAtLevel=1 -XX:+UseSerialGC)
fi
if [[ -n $CLASS_ARCHIVE ]]; then
    java_options+=("\"-XX:SharedArchiveFile=$CLASS_ARCHIVE\"" -Xshare:auto -Xlog:disable) # one that does not fit: no word
fi
java_options+=("\"-Dlog4j2.configurationFile=$ROOT/spark_jobs/log4j2.properties\"")

exec "$VENV/bin/spark-submit" \
    --master 'local[*]' \
    "${settings[@]}" \
    --conf "spark.driver.extraJavaOptions=${java_options[*]}" \
    "$ROOT/spark_jobs/generate.py" "$@"
