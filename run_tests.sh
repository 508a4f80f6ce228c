#!/usr/bin/env bash
# Checks and tests everything: sets up .venv on the first call, then linters, types, import contracts and the test suite.
# With arguments: only pytest, with these arguments, e.g. `./run_tests.sh tests/sampling -k mix`; where there is no
# Java, it leaves out the tests of Spark that they ask for, and says so.
#
# Environment: PYTHON (interpreter for .venv), JAVA_HOME.
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/.setup.sh"

java_fault=$(find_java_fault)
if [[ $# -eq 0 && -n $java_fault ]]; then
    die "$java_fault. This runs the tests that need no Java: $0 -m 'not spark'"
fi
export VECGEN_JAVA_FAULT=$java_fault # tests/conftest.py skips the tests of Spark, and says this
ensure_venv all,test
ensure_object_store

unset SPARK_HOME PYSPARK_DRIVER_PYTHON
export PYSPARK_PYTHON=$VENV/bin/python
export SPARK_LOCAL_IP=${SPARK_LOCAL_IP:-127.0.0.1}
export PATH=$VENV/bin:$PATH

if (($# > 0)); then
    exec python -m pytest "$@" # in the caller's directory: so paths mean what they say there
fi

cd -- "$ROOT"
ruff check
ruff format --check
mypy
lint-imports --no-cache
# Spark's tests share one session, in one process; it keeps both cores busy by itself.
python -m pytest --numprocesses 2 -m 'not spark'
python -m pytest -m spark
say "other versions of Spark and Python, and other readers of the files: $0 tests/matrix -m matrix (fetches some 5 GB once)"
