"""A dataset's certificate: does what was written follow its law, and is it what the receipt says?

Files are read in groups that hold all rows of their customers: a batch of ours each, or everything where the names say
nothing of batches. Memory: what a tally holds (some 100 MB), a few hundred bytes for every defrauded
customer, and 220 bytes and a byte a day of the period for every customer of the largest group.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import groupby, islice
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from vecgen.arrow import digest_batches
from vecgen.cases import count_wrong, read_cases
from vecgen.certificate import Certificate, Check
from vecgen.chi_square import Statistic
from vecgen.claim import Claim
from vecgen.clock import Clock, find_clock
from vecgen.dataset import digest_files, read_batches, read_names, recognise_part, require_files
from vecgen.dates import Period
from vecgen.digest import Digest
from vecgen.errors import InputError
from vecgen.fidelity import Finding, examine, judge
from vecgen.file_check import check_digests, check_files
from vecgen.forks import Forks, recognise_forks
from vecgen.generate import FRAUD_CASES
from vecgen.histories import share_defrauded
from vecgen.identifiers import ISSUED_SSNS, SAFE_PREFIX, SAFE_SSNS
from vecgen.inspection import FAULTS, Columns, inspect, read_moments
from vecgen.laws import Laws, write_out
from vecgen.memory import keep_freed_memory
from vecgen.meter import Report, State, ignore
from vecgen.people import IDENTIFIERS, PeopleTally, count_unsafe, examine_people, read_identifiers
from vecgen.pool import open_pool, submit_all
from vecgen.schema import COLUMNS, CUSTOMER_COLUMNS, PART_COLUMNS
from vecgen.scratch import scratch_directory
from vecgen.storage import Place, size_of
from vecgen.tally import GroupTally, Tally, start_tally
from vecgen.uniqueness import Spill, count_repeats

I64 = npt.NDArray[np.int64]

_BATCH: Final = re.compile(r"([0-9a-f]{8}-)?part-(\d+)-\d+-\d+\.(?:parquet|csv)")
_BUNDLES_PER_PROCESS: Final = 4
_UNSAFE: Final = "numbers that no person can have"
_SAMPLED_ROWS: Final = 100_000
"""Rows, of as many files as that takes, in which a time zone is looked for."""
FAMILY_ERROR: Final = 1e-3
"""Probability that a dataset that follows its law is rejected."""


@dataclass(frozen=True)
class Reading:
    """A dataset read: what was counted and what was broken, before the laws are asked.

    Attributes:
        digests: Of the parts that were read, by name.
        forks: Workers of the original that drew the same numbers; None where nothing shows that.
        notes: Sentences about the dataset as a whole.
        fault: Why nothing could be read of files that are not those that were written; None where all was read.
    """

    directory: Place
    laws: Laws
    tally: Tally
    people: PeopleTally
    digests: dict[str, Digest]
    checks: tuple[Check, ...]
    forks: Forks | None = None
    notes: tuple[str, ...] = ()
    fault: InputError | None = None

    @property
    def customers(self) -> int:
        """Number of customers: those of the customer files, else those with transactions."""
        seen = sum(sum(own.rows.values()) + len(own.defrauded) for own in self.tally.people)
        return self.people.rows or seen


def verify_dataset(
    directory: Place,
    claim: Claim,
    processes: int = 1,
    error: float = FAMILY_ERROR,
    report: Report = ignore,
    *,
    fast: bool = False,
) -> Certificate:
    """Read a dataset and hold it against what it is said to be; arguments and errors as of `read_dataset`."""
    return certify(read_dataset(directory, claim, processes, report, fast=fast), claim, error)


def read_dataset(
    directory: Place, claim: Claim, processes: int = 1, report: Report = ignore, *, fast: bool = False
) -> Reading:
    """Hold the files of a dataset against their list, then count what the laws, and a report, ask of their rows.

    Where transaction numbers repeat and no receipt is there, transactions are read again, to tell why.

    Args:
        report: Is told now and then how much of the transactions is read.
        fast: Leave the bytes of files uncompared.

    Raises:
        InputError: No data files, or one that cannot be read as transactions or customers, though it is as it was
            written, or nobody knows.
        OutputError: Scratch files (16 bytes a row, below TMPDIR) cannot be written.
    """
    checks, notes = check_files(directory, claim.receipt, processes, fast=fast)
    laws = write_out(claim.profiles, claim.law)
    try:
        reading = _read_rows(directory, claim, laws, processes, report)
    except InputError as fault:
        if all(check.holds for check in checks):
            raise
        notes.append(f"of the rows nothing is known: {fault}")
        return Reading(directory, laws, start_tally(laws), PeopleTally(), {}, tuple(checks), None, tuple(notes), fault)
    return replace(reading, checks=(*reading.checks, *checks), notes=(*reading.notes, *notes))


def _read_rows(directory: Place, claim: Claim, laws: Laws, processes: int, report: Report) -> Reading:
    transactions, customers = find_parts(directory)
    checks: list[Check] = []
    notes: list[str] = []
    digests: dict[str, Digest] = {}
    tally, forks = start_tally(laws), None
    if transactions:
        clock = claim.clock or (None if claim.receipt else _find_clock(transactions, claim.law.period))
        with scratch_directory() as scratch:
            work = Work(laws, scratch, claim.safe_identifiers, clock)
            tally, digests["transactions"] = _read_transactions(transactions, work, processes, report)
            repeats = count_repeats(scratch)
        if repeats and claim.receipt is None:
            forks = recognise_forks(_read_again(transactions, laws, clock))
        checks += _check_rows(tally, laws, Check("unique trans_num", "no number twice", repeats, forks is not None))
        checks += _check_safe("transactions", tally.faults[_UNSAFE], claim)
        notes += _note_clock(clock, claim) + _note_forks(forks, repeats)
    people = PeopleTally()
    if customers and claim.as_of is not None:
        people, digests["customers"], again = _read_customers(customers, claim, claim.as_of)
        checks += _check_customers(people, again, claim)
    elif customers and claim.receipt is None:
        notes.append("customers files are there and were not checked: pass --as-of DATE, on which their ages hold")
    elif customers:
        batches = (batch for path in customers for batch in read_batches(path, CUSTOMER_COLUMNS))
        digests["customers"] = digest_batches(batches, CUSTOMER_COLUMNS)
    checks += _check_cases(directory, claim, laws, tally, digests)
    checks += check_digests(claim.receipt, digests)
    return Reading(directory, laws, tally, people, digests, tuple(checks), forks, tuple(notes))


def _find_clock(files: Sequence[Place], period: Period) -> Clock | None:
    """Return the time zone that the first rows of the first files fit, None for UTC and where no zone does."""
    moments: list[tuple[I64, ...]] = []
    rows = 0
    for path in files:
        for batch in islice(read_batches(path, COLUMNS), 1):
            day, second, good = read_moments(batch)
            unix_time = batch.column("unix_time").to_numpy()
            moments.append(tuple(values[good] for values in (day, second, unix_time)))
            rows += batch.num_rows
        if rows >= _SAMPLED_ROWS:
            break
    if rows == 0:
        return None
    day, second, unix_time = (np.concatenate(values) for values in zip(*moments, strict=True))
    return find_clock(day, second, unix_time, period)


def _note_clock(clock: Clock | None, claim: Claim) -> list[str]:
    if clock is None:
        return []
    how = "as stated" if claim.clock else "found; --time-zone states it"
    return [f"unix_time is the local time of {clock.name} ({how}); vecgen's own files count it in UTC"]


def _note_forks(forks: Forks | None, repeats: int) -> list[str]:
    if forks is None:
        return []
    return [
        f"a known flaw of the original: run on several cores, its workers (at least {forks.workers}) draw the same "
        f"numbers. {repeats:,} rows have a transaction number, {forks.places:,} a place from home, that another "
        "customer's row had before. Therefore a law is broken only if it is so with a chi-square divided by "
        f"{forks.workers}; all else is judged as ever. For unique numbers, run the original on one core, or vecgen"
    ]


def _read_again(files: Sequence[Place], laws: Laws, clock: Clock | None) -> Iterator[Columns]:
    return (inspect(batch, laws, clock)[0] for path in files for batch in read_batches(path, COLUMNS))


def certify(reading: Reading, claim: Claim, error: float = FAMILY_ERROR) -> Certificate:
    """Return how a dataset that was read fares; one that follows its law is rejected with probability `error`."""
    statistics: dict[tuple[str, str], Statistic] = {}
    if "transactions" in reading.digests:
        statistics |= examine(reading.tally, reading.laws, claim.merchants)
    if "customers" in reading.digests and claim.as_of is not None:
        statistics |= {(law, "customers"): s for law, s in examine_people(reading.people, claim.demographics)}
    findings = tuple(judge(statistics, error, reading.forks.workers if reading.forks else 1))
    return Certificate(
        str(reading.directory),
        claim.law.dependence,
        reading.tally.rows,
        reading.customers,
        {name: str(digest) for name, digest in reading.digests.items()},
        reading.checks,
        findings,
        reading.notes + _note_fraud_rate(reading, claim, findings),
        error,
    )


def _note_fraud_rate(reading: Reading, claim: Claim, findings: Sequence[Finding]) -> tuple[str, ...]:
    """Return what to pass where nobody but the default says that so few, or many, are defrauded."""
    broken = any(finding.law == "defrauded" and finding.verdict == "broken" for finding in findings)
    if not broken or claim.receipt is not None:
        return ()
    defrauded = sum(len(own.defrauded) for own in reading.tally.people)
    everybody = defrauded + sum(own.rows.total() for own in reading.tally.people)
    share = f"{defrauded:,} of {everybody:,} customers are defrauded"
    return (f"{share}, for a fraud rate of {claim.law.fraud_rate:g}; --fraud-rate states another (Sparkov's: 0.98)",)


def find_parts(directory: Place) -> tuple[list[Place], list[Place]]:
    """Return the files of transactions and those of customers below a directory (or a file), told apart by columns.

    Raises:
        InputError: There are no data files.
    """
    parts: tuple[list[Place], list[Place]] = ([], [])
    for path in require_files(directory):
        names = read_names(path)
        if (part := recognise_part(names)) == FRAUD_CASES:
            continue
        is_customers = part == "customers"
        columns = CUSTOMER_COLUMNS if is_customers else COLUMNS
        missing = [column.name for column in columns if column.name not in names]
        if missing:
            raise InputError(str(path), "columns", missing[0], "a file with this column", "see the README's schema")
        parts[is_customers].append(path)
    return parts


def _group(files: Iterable[Place]) -> list[list[Place]]:
    """Return files in groups that hold all rows of their customers."""
    matches = [(_BATCH.fullmatch(path.name), path) for path in files]
    loads = {match and match[1] for match, _ in matches}
    if not all(match for match, _ in matches) or len(loads) > 1:  # several loads: batches may be cut otherwise in each
        return [[path for _, path in matches]]
    numbered = sorted(((int(match[2]), path) for match, path in matches if match), key=lambda i: (i[0], i[1].parts))
    return [[path for _, path in group] for _, group in groupby(numbered, key=lambda item: item[0])]


@dataclass(frozen=True)
class Work:
    """What reading transactions needs; picklable. `scratch` takes the transaction numbers."""

    laws: Laws
    scratch: Path
    safe_identifiers: bool
    clock: Clock | None


def _read_transactions(files: Sequence[Place], work: Work, processes: int, report: Report) -> tuple[Tally, Digest]:
    groups = _group(files)
    count = max(1, min(len(groups), processes * _BUNDLES_PER_PROCESS))
    bundles = [groups[number::count] for number in range(count)]
    sizes = [sum(size_of(path) for group in bundle for path in group) for bundle in bundles]
    total, digest, state = start_tally(work.laws), Digest(), State(sum(sizes))
    report(state)
    for size, (tally, part) in zip(sizes, _run_all(bundles, work, min(processes, count)), strict=True):
        total.add(tally)
        digest += part
        read = state.done + size
        state = replace(state, done=read, rows=total.rows, bytes=read)
        report(state)
    return total, digest


Bundle = list[list[Place]]


def _run_all(bundles: Sequence[Bundle], work: Work, processes: int) -> Iterator[tuple[Tally, Digest]]:
    if processes == 1:
        yield from (_read_bundle(work, bundle) for bundle in bundles)
        return
    with open_pool(processes, keep_freed_memory) as pool:
        futures = submit_all(pool, partial(_read_bundle, work), bundles)[::-1]
        while futures:  # a tally is large: none is kept once it is added
            yield futures.pop().result()


def _read_bundle(work: Work, bundle: Bundle) -> tuple[Tally, Digest]:
    total, digest = start_tally(work.laws), Digest()
    spill = Spill(work.scratch, str(os.getpid()))
    for files in bundle:
        group = GroupTally(work.laws, work.clock)
        for path in files:
            for batch in read_batches(path, COLUMNS):
                spill.add(group.add(batch).number)
                digest += digest_batches([batch], COLUMNS)
                total.faults[_UNSAFE] += count_unsafe(batch) if work.safe_identifiers else 0
        total.add(group.close())
    spill.flush()
    return total, digest


def _check_rows(tally: Tally, laws: Laws, unique: Check) -> list[Check]:
    remedies = {"unix_time": "; if it was made where clocks show another time, pass --time-zone NAME"}
    faults = [
        Check(name, f"{expected}{remedies.get(name, '')}", tally.faults[name]) for name, expected in FAULTS.items()
    ]
    kept = "no regular row of a customer on a date with a fraudulent one"
    return [*faults, unique, Check("fraud dates", kept, tally.kept_on_fraud_dates), *check_defrauded(tally, laws)]


def check_defrauded(tally: Tally, laws: Laws) -> list[Check]:
    """Return the check of who is defrauded where the fraud rate leaves nothing to chance."""
    shares = {share_defrauded(*pair, laws.law.fraud_rate) for pair in laws.rows}
    if shares == {0.0}:
        return [
            Check("defrauded", "no customer with a fraudulent row", sum(len(own.defrauded) for own in tally.people))
        ]
    if shares == {1.0}:
        spared = sum(own.rows.total() for own in tally.people)
        return [Check("defrauded", "fraudulent rows of every customer", spared)]
    return []


def _check_customers(people: PeopleTally, repeats: dict[str, int], claim: Claim) -> list[Check]:
    ssns = (SAFE_SSNS if claim.safe_identifiers else ISSUED_SSNS).size
    past = {"ssn": max(0, people.rows - ssns)}  # past their space, numbers go round again
    return [
        *(
            Check(f"unique {name}", "no value twice among the customers", repeats[name] - past.get(name, 0))
            for name in IDENTIFIERS
        ),
        *_check_safe("customers", people.unsafe, claim),
        Check("segment", "the profile of the first segment that matches", people.wrong_profile),
    ]


def _check_cases(directory: Place, claim: Claim, laws: Laws, tally: Tally, digests: dict[str, Digest]) -> list[Check]:
    """Return the check of the ledger of fraud cases, where there is or should be one; note its digest."""
    there = (directory / FRAUD_CASES).is_dir()
    if there:
        digests[FRAUD_CASES] = digest_files(directory / FRAUD_CASES, PART_COLUMNS[FRAUD_CASES])
    stated = claim.receipt is not None and FRAUD_CASES in claim.receipt.parts
    if "transactions" not in digests or not (there or stated):
        return []
    wrong = count_wrong(tally.cases, read_cases(directory / FRAUD_CASES, laws))
    return [Check("fraud cases", "one of each defrauded customer, with the rows it shows", wrong)]


def _check_safe(part: str, unsafe: int, claim: Claim) -> list[Check]:
    expected = f"{_UNSAFE}: of SSN areas and groups never issued; card numbers that begin {SAFE_PREFIX}"
    return [Check(f"safe: {part}", expected, unsafe)] if claim.safe_identifiers else []


def _read_customers(files: Sequence[Place], claim: Claim, as_of: date) -> tuple[PeopleTally, Digest, dict[str, int]]:
    tally, digest = PeopleTally(), Digest()
    with scratch_directory() as scratch:
        directories = {name: scratch / name for name in IDENTIFIERS}
        for directory in directories.values():
            directory.mkdir()
        spills = {name: Spill(directory, "all") for name, directory in directories.items()}
        for path in files:
            for batch in read_batches(path, CUSTOMER_COLUMNS):
                tally.add(batch, claim.profiles, as_of)
                tally.unsafe += count_unsafe(batch) if claim.safe_identifiers else 0
                digest += digest_batches([batch], CUSTOMER_COLUMNS)
                for name, values in read_identifiers(batch).items():
                    spills[name].add(values)
        for spill in spills.values():
            spill.flush()
        return tally, digest, {name: count_repeats(directory) for name, directory in directories.items()}
