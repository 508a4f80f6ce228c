#!/usr/bin/env bash
# Profiles of your own: a copy of a shipped one, edited, checked, looked at, and used.
#
#     bash tests/examples/own_profiles.sh mine cards
#
# The first argument becomes a complete directory of profiles, the second the dataset made with it. CUSTOMERS=N for
# another size.
set -euo pipefail
profiles=$1 output=$2

vecgen profiles new "$profiles" --from young_adults_female_urban --name students

python - "$profiles" <<'EDIT'
import json
import sys
from pathlib import Path

profiles = Path(sys.argv[1])

who = json.loads((profiles / "main_config.json").read_text())
who.pop("students.json")
students = {"gender": ["F", "M"], "age": {"min": 18, "max": 25}, "city_pop": {"min": 2500, "max": "inf"}}
who = {"students.json": students, **who}  # the first that matches a customer counts
(profiles / "main_config.json").write_text(json.dumps(who, indent=2))

students = json.loads((profiles / "students.json").read_text())
students["avg_transactions_per_day"] = {"min": 1, "max": 3}
students["categories_wt"]["food_dining"] = 600
students["categories_amt"]["food_dining"] = {"mean": 9, "stdev": 6}
(profiles / "students.json").write_text(json.dumps(students, indent=2))
EDIT

vecgen profiles check "$profiles"
vecgen profiles show students "$profiles"
vecgen generate --customers "${CUSTOMERS:-1000}" --profiles "$profiles" --output "$output"
