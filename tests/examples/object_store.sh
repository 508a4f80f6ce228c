#!/usr/bin/env bash
# Into an object store and back: write to S3, verify what lies there, read it with polars.
#
#     bash tests/examples/object_store.sh s3://lake/cards
#
# Credentials and region are found where AWS's own tools find them (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, a profile,
# a role). AWS_ENDPOINT_URL names a store that is not Amazon's, such as http://127.0.0.1:9000. CUSTOMERS=N for another size.
set -euo pipefail
url=$1

store=(--storage-option "region=${AWS_REGION:-us-east-1}")
if [[ -n ${AWS_ENDPOINT_URL:-} ]]; then
    store+=(--storage-option "endpoint=$AWS_ENDPOINT_URL")
fi

vecgen generate --customers "${CUSTOMERS:-1000}" --output "$url" "${store[@]}" --resume # may be run again after a failure
vecgen verify "$url" "${store[@]}"

python - "$url" <<'READ'
import os
import sys

import polars as pl

options = {"aws_region": os.environ.get("AWS_REGION", "us-east-1")}
if "AWS_ENDPOINT_URL" in os.environ:
    options |= {"aws_endpoint_url": os.environ["AWS_ENDPOINT_URL"], "aws_allow_http": "true"}
rows = pl.scan_parquet(f"{sys.argv[1]}/transactions/**/*.parquet", hive_partitioning=True, storage_options=options)
autumn = rows.filter(pl.col("month") >= 9)  # the objects of other months are not read
print(autumn.group_by("month").agg(pl.len(), pl.col("amt").sum()).sort("month").collect().write_csv(float_precision=2))
READ
