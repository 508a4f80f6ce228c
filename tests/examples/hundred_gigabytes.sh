#!/usr/bin/env bash
# 100 GB: what it will take, then a slice of it, which is, file for file, what the whole holds.
#
#     bash tests/examples/hundred_gigabytes.sh cards 17 2023-11-24..2023-11-25
#
# The second argument names batches (17, or 0-155 on one machine and 156-311 on another), the third some dates of the
# year. For all of it leave out --batches and --only-dates; a run that breaks off goes on with --resume.
set -euo pipefail
output=$1 batches=$2 dates=$3

whole=(--customers "${CUSTOMERS:-1417000}" --seed 42 --start 2023-01-01 --end 2023-12-31)
whole+=(--batch-rows 4000000) # batches are counted alike wherever this is the same

vecgen generate "${whole[@]}" --output "$output" --plan # writes nothing
vecgen generate "${whole[@]}" --output "$output" --batches "$batches" --only-dates "$dates"
