#!/usr/bin/env bash
# On a laptop: a year of a thousand customers, its digest, and a page about it: charts, certificate, how hard its fraud is
# to find.
#
#     bash tests/examples/laptop.sh cards
#
# CUSTOMERS=N for another size; a customer has about 865 transactions a year.
set -euo pipefail
output=$1

vecgen generate --customers "${CUSTOMERS:-1000}" --seed 42 --output "$output"
vecgen digest "$output" # the same on every machine
vecgen report "$output" # into cards/_report/index.html; needs vecgen[report]
