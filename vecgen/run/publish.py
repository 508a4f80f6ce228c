"""The receipt of a finished run, written beside its data."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict

from vecgen.io.digest import Digest
from vecgen.io.file_record import FileRecord
from vecgen.io.reader import find_files
from vecgen.io.schema import TRANSACTIONS
from vecgen.plan.output import Target, describe_output
from vecgen.plan.plan import Plan
from vecgen.plan.request import describe_request
from vecgen.records.file_list import ListedFile
from vecgen.records.receipt import RECEIPT, SUCCESS, Part, Receipt
from vecgen.stores.changes import write_text
from vecgen.stores.checksum import checksum_file
from vecgen.stores.filesystem import Place, size_of
from vecgen.version import __version__


def sum_records(records: Iterable[FileRecord]) -> dict[str, Part]:
    """Return the parts that file records add up to, by the first directory of their paths."""
    totals: dict[str, tuple[int, int, Digest]] = {}
    for record in records:
        name = record.path.split("/", 1)[0]
        files, size, digest = totals.get(name, (0, 0, Digest()))
        totals[name] = (files + 1, size + record.bytes, digest + record.digest)
    return {name: Part(digest.rows, files, size, str(digest)) for name, (files, size, digest) in sorted(totals.items())}


def list_unrecorded(path: Place, parts: Iterable[str]) -> list[ListedFile]:
    """Return what is known of the files that Spark's own writer wrote; to read them all is not for one machine."""
    files = [file for part in parts for file in find_files(path / part)]
    above = len(path.parts)
    return [ListedFile("/".join(file.parts[above:]), None, size_of(file), None, None) for file in files]


def make_receipt(plan: Plan, target: Target, parts: dict[str, Part], seconds: float, cores: int) -> Receipt:
    """Return the receipt of what was written."""
    rows = parts[TRANSACTIONS].rows if TRANSACTIONS in parts else 0
    return Receipt(
        version=__version__,
        fingerprint=plan.fingerprint,
        request=describe_request(plan.request),
        output=describe_output(target),
        parts=parts,
        seconds=round(seconds, 3),
        cores=cores,
        rows_per_second_and_core=round(rows / seconds / cores),
        identity=dict(plan.identity),
    )


def publish_receipt(receipt: Receipt, directory: Place) -> None:
    """Write a receipt and, last of all, the marker of success."""
    # Readers of data wait for the marker: what it vouches for must be there first.
    write_text(directory / RECEIPT, json.dumps(asdict(receipt), indent=2) + "\n")
    mark_complete(directory)


def mark_complete(directory: Place) -> None:
    """Write the marker of success; it differs from run to run, so that a late request cannot take one for another."""
    write_text(directory / SUCCESS, checksum_file(directory / RECEIPT))
