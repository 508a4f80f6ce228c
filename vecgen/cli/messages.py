"""Messages about interrupted runs, and about unknown word lists of Faker."""

from __future__ import annotations

import sys
from collections.abc import Callable

from vecgen.config.faker_lists import KNOWN_LISTS
from vecgen.errors import Step, VecgenError
from vecgen.io.schema import TRANSACTIONS
from vecgen.plan.plan import Plan
from vecgen.records.receipt import PROGRESS, is_being_replaced
from vecgen.run.checkpoint import read_finished
from vecgen.stores.filesystem import Place
from vecgen.stores.refusals import AGAIN, RESUME


def note_lists(plan: Plan) -> None:
    """Say on standard error where the installed Faker has other names, streets or jobs than this version knows."""
    if plan.identity["word_lists"] not in (None, KNOWN_LISTS):
        sys.stderr.write(
            "vecgen: the installed Faker has other names, streets or jobs than the one this version was tested with: "
            "texts of customers differ from those of the same seed elsewhere\n"
        )


def describe_stop(output: Place, spell: Callable[[Step], str], reason: str = "interrupted") -> str:
    """Return two lines: why a run has ended early and what it has finished; how to resume it.

    Args:
        spell: Returns the line that prints the command of a step.
    """
    try:
        told, step = _tell_finished(output)
    except VecgenError:  # a store that does not answer
        return f"vecgen: {reason}; {spell(RESUME)}"
    return f"vecgen: {reason}; {told}\nvecgen: {spell(step)}"


def _tell_finished(output: Place) -> tuple[str, Step]:
    if is_being_replaced(output / PROGRESS):
        return f"the new dataset is complete and half moved into {output}: the next run moves the rest", RESUME
    records = [record for work in read_finished(output).values() for record in work]
    if not records:
        return f"nothing of this run is left in {output}", AGAIN
    transactions = [record for record in records if record.path.startswith(f"{TRANSACTIONS}/")]
    rows = sum(record.rows for record in transactions or records)
    return f"{rows:,} rows in {len(records):,} files are finished in {output}", RESUME
