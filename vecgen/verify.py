"""A dataset's certificate: does what was written follow its law, and is it what the receipt says?

Files are read in groups that hold all rows of their customers: a batch of ours each, or everything where the names say
nothing of batches. Memory: what a tally holds (some 100 MB), a few hundred bytes for every defrauded
customer, and 220 bytes and a byte a day of the period for every customer of the largest group.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from vecgen.arrow import digest_batches
from vecgen.cases import count_wrong, read_cases
from vecgen.chi_square import Statistic
from vecgen.dataset import digest_files, find_files, read_batches, read_names, recognise_part
from vecgen.dates import Period
from vecgen.demographics import Demographics
from vecgen.digest import Digest
from vecgen.errors import InputError
from vecgen.fidelity import Finding, Merchants, examine, judge
from vecgen.generate import FRAUD_CASES
from vecgen.identifiers import ISSUED_SSNS, SAFE_PREFIX, SAFE_SSNS
from vecgen.inspection import FAULTS
from vecgen.laws import Laws, write_out
from vecgen.load import DEFAULT_DEMOGRAPHICS, DEFAULT_PROFILES, load_demographics, load_profiles
from vecgen.memory import keep_freed_memory
from vecgen.meter import Report, State, ignore
from vecgen.people import IDENTIFIERS, PeopleTally, count_unsafe, examine_people, read_identifiers
from vecgen.pool import open_pool, submit_all
from vecgen.profile import ProfileSet
from vecgen.receipt import Receipt, asked_law, read_receipt
from vecgen.schema import COLUMNS, CUSTOMER_COLUMNS, PART_COLUMNS
from vecgen.scratch import scratch_directory
from vecgen.storage import Place, size_of
from vecgen.tables import Law
from vecgen.tally import GroupTally, Tally, start_tally
from vecgen.uniqueness import Spill, count_repeats

_BATCH: Final = re.compile(r"([0-9a-f]{8}-)?part-(\d+)-\d+-\d+\.(?:parquet|csv)")
_BUNDLES_PER_PROCESS: Final = 4
_UNSAFE: Final = "numbers that no person can have"
_DEFAULTS: Final = {"profiles": DEFAULT_PROFILES, "demographics": DEFAULT_DEMOGRAPHICS}
FAMILY_ERROR: Final = 1e-3
"""Probability that a dataset that follows its law is rejected."""


@dataclass(frozen=True)
class Claim:
    """What a dataset is said to be.

    Attributes:
        merchants: Names by category; None for those that are seen.
        as_of: Day on which the customers' ages hold; None where customers were not drawn from the demographics.
        receipt: What the dataset says of itself; None for one without.
        safe_identifiers: Whether no person can have its social security and card numbers.
    """

    law: Law
    profiles: ProfileSet
    demographics: Demographics
    merchants: Merchants | None
    as_of: date | None
    receipt: Receipt | None
    safe_identifiers: bool = False


@dataclass(frozen=True)
class Check:
    """Something every row, customer or file must show; `broken` counts those that do not."""

    name: str
    expected: str
    broken: int

    @property
    def holds(self) -> bool:
        """Whether there is no exception."""
        return self.broken == 0


@dataclass(frozen=True)
class Reading:
    """A dataset read: what was counted and what was broken, before the laws are asked.

    Attributes:
        digests: Of the parts that were read, by name.
    """

    directory: Place
    laws: Laws
    tally: Tally
    people: PeopleTally
    digests: dict[str, Digest]
    checks: tuple[Check, ...]

    @property
    def customers(self) -> int:
        """Number of customers: those of the customer files, else those with transactions."""
        seen = sum(sum(own.rows.values()) + len(own.defrauded) for own in self.tally.people)
        return self.people.rows or seen


@dataclass(frozen=True)
class Certificate:
    """What was found; `holds` where every check and every law holds.

    Attributes:
        digests: Of the parts that were read, by name.
        error: Probability that a dataset that follows its law is rejected.
    """

    directory: str
    dependence: str
    rows: int
    customers: int
    digests: dict[str, str]
    checks: tuple[Check, ...]
    findings: tuple[Finding, ...]
    error: float

    @property
    def holds(self) -> bool:
        """Whether every check and every law holds."""
        return all(check.holds for check in self.checks) and all(finding.holds for finding in self.findings)


def read_claim(directory: Place, stated: Mapping[str, Any]) -> Claim:
    """Return what a dataset is said to be by its receipt and, before it, by what is `stated`.

    Args:
        stated: Fields of `Law`, "start", "end", "profiles", "demographics", "as_of", "safe_identifiers"; None for what
            is not stated.

    Raises:
        InputError: A receipt or a file that cannot be used, or a dataset without receipt whose period is not stated.
    """
    if not directory.is_dir():
        raise InputError(str(directory), "", "no such directory", "the directory of a dataset")
    receipt = read_receipt(directory)
    if receipt and (receipt.output.get("batches") or receipt.output.get("only_dates")):
        expected = "a whole dataset: of a slice, nobody can say how many rows a customer should have"
        raise InputError(str(directory), "", "a slice", expected, "verify all slices together, without receipt")
    request = receipt.request if receipt else {}
    known = {name: value for name, value in stated.items() if value is not None}
    base = asked_law(receipt) if receipt else Law(_stated_period(directory, known))
    period = Period(known.get("start", base.period.start), known.get("end", base.period.end))
    own = {f.name: known[f.name] for f in fields(Law) if f.name in known}
    paths = {name: Path(known.get(name) or str(request.get(name, default))) for name, default in _DEFAULTS.items()}
    demographics = load_demographics(paths["demographics"])
    listed = demographics.merchants if receipt or "demographics" in known else None
    merchants = dict(zip(listed.categories, listed.names, strict=True)) if listed else None
    drawn = receipt is not None and request.get("customers_file") is None
    as_of = known.get("as_of") or (_asked_day(request) or period.start if drawn else None)
    law = replace(base, period=period, **own)
    safe = bool(known.get("safe_identifiers", request.get("safe_identifiers", False)))
    return Claim(law, load_profiles(paths["profiles"]), demographics, merchants, as_of, receipt, safe)


def _stated_period(directory: Place, known: Mapping[str, Any]) -> Period:
    for name in ("start", "end"):
        if name not in known:
            expected = f"the period, since {directory} has no receipt"
            raise InputError(f"--{name}", "", "nothing", expected, "pass --start and --end")
    return Period(known["start"], known["end"])


def _asked_day(request: Mapping[str, object]) -> date | None:
    text = request.get("as_of")
    return date.fromisoformat(text) if isinstance(text, str) else None


def verify_dataset(
    directory: Place, claim: Claim, processes: int = 1, error: float = FAMILY_ERROR, report: Report = ignore
) -> Certificate:
    """Read a dataset once and hold it against what it is said to be; arguments and errors as of `read_dataset`."""
    return certify(read_dataset(directory, claim, processes, report), claim, error)


def read_dataset(directory: Place, claim: Claim, processes: int = 1, report: Report = ignore) -> Reading:
    """Read a dataset once and count what the laws, and a report, ask of it.

    Args:
        report: Is told now and then how much of the transactions is read.

    Raises:
        InputError: No data files, or one that cannot be read as transactions or customers.
        OutputError: Scratch files (16 bytes a row, below TMPDIR) cannot be written.
    """
    transactions, customers = find_parts(directory)
    laws = write_out(claim.profiles, claim.law)
    checks: list[Check] = []
    digests: dict[str, Digest] = {}
    tally = start_tally(laws)
    with scratch_directory() as scratch:
        if transactions:
            work = Work(laws, scratch, claim.safe_identifiers)
            tally, digests["transactions"] = _read_transactions(transactions, work, processes, report)
            checks += _check_rows(tally, count_repeats(scratch))
            checks += _check_safe("transactions", tally.faults[_UNSAFE], claim)
    people = PeopleTally()
    if customers and claim.as_of is not None:
        people, digests["customers"], repeats = _read_customers(customers, claim, claim.as_of)
        ssns = (SAFE_SSNS if claim.safe_identifiers else ISSUED_SSNS).size
        repeats["ssn"] -= max(0, people.rows - ssns)  # past their space, numbers go round again
        checks += [Check(f"unique {name}", "no value twice among the customers", repeats[name]) for name in IDENTIFIERS]
        checks += _check_safe("customers", people.unsafe, claim)
        checks.append(Check("segment", "the profile of the first segment that matches", people.wrong_profile))
    if (directory / FRAUD_CASES).is_dir():
        digests[FRAUD_CASES] = digest_files(directory / FRAUD_CASES, PART_COLUMNS[FRAUD_CASES])
    if transactions and (FRAUD_CASES in digests or (claim.receipt and FRAUD_CASES in claim.receipt.parts)):
        wrong = count_wrong(tally.cases, read_cases(directory / FRAUD_CASES, laws))
        checks.append(Check("fraud cases", "one of each defrauded customer, with the rows it shows", wrong))
    checks += _check_receipt(claim.receipt, digests)
    return Reading(directory, laws, tally, people, digests, tuple(checks))


def certify(reading: Reading, claim: Claim, error: float = FAMILY_ERROR) -> Certificate:
    """Return how a dataset that was read fares; one that follows its law is rejected with probability `error`."""
    statistics: dict[tuple[str, str], Statistic] = {}
    if "transactions" in reading.digests:
        statistics |= examine(reading.tally, reading.laws, claim.merchants)
    if "customers" in reading.digests:
        statistics |= {(law, "customers"): s for law, s in examine_people(reading.people, claim.demographics)}
    return Certificate(
        str(reading.directory),
        claim.law.dependence,
        reading.tally.rows,
        reading.customers,
        {name: str(digest) for name, digest in reading.digests.items()},
        reading.checks,
        tuple(judge(statistics, error)),
        error,
    )


def find_parts(directory: Place) -> tuple[list[Place], list[Place]]:
    """Return the files of transactions and those of customers below a directory, told apart by their columns.

    Raises:
        InputError: There are no data files.
    """
    files = find_files(directory) if directory.is_dir() else []
    if not files:
        raise InputError(str(directory), "", "no data files", "a directory that holds .parquet or .csv files")
    parts: tuple[list[Place], list[Place]] = ([], [])
    for path in files:
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


def to_json(certificate: Certificate) -> str:
    """Return a certificate as a JSON object."""
    checks = [{**asdict(check), "holds": check.holds} for check in certificate.checks]
    return json.dumps({"holds": certificate.holds, **asdict(certificate), "checks": checks}, indent=2)


def to_text(certificate: Certificate) -> str:
    """Return a certificate as lines for people."""
    lines = [
        f"{certificate.directory}: {certificate.rows:,} transactions of {certificate.customers:,} customers, "
        f"law {certificate.dependence}"
    ]
    lines += [f"{name} digest {digest}" for name, digest in certificate.digests.items()]
    lines += ["", f"{'check':<24} {'exceptions':>12}"]
    for check in certificate.checks:
        verdict = "holds" if check.holds else f"BROKEN: expected {check.expected}"
        lines.append(f"{check.name:<24} {check.broken:>12,}  {verdict}")
    lines += ["", f"{'law':<44} {'of':<10} {'number':>13} {'chi-square':>12} {'df':>7} {'p':>8} {'effect':>8}"]
    for f in certificate.findings:
        figures = f"{f.number:>13,} {f.statistic:>12,.1f} {f.freedom:>7,} {f.p:>8.2g} {f.effect:>8.5f}"
        lines.append(f"{f.law:<44} {f.of:<10} {figures}  {'holds' if f.holds else 'BROKEN'}")
    broken = [c.name for c in certificate.checks if not c.holds]
    broken += [f"{f.law} ({f.of})" for f in certificate.findings if not f.holds]
    verdict = f"REJECTED: {', '.join(broken)}" if broken else "ACCEPTED: nothing speaks against the law"
    return "\n".join([*lines, "", f"{verdict} (a true dataset is rejected once in {1 / certificate.error:,.0f})"])


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
        group = GroupTally(work.laws)
        for path in files:
            for batch in read_batches(path, COLUMNS):
                spill.add(group.add(batch).number)
                digest += digest_batches([batch], COLUMNS)
                total.faults[_UNSAFE] += count_unsafe(batch) if work.safe_identifiers else 0
        total.add(group.close())
    spill.flush()
    return total, digest


def _check_rows(tally: Tally, repeats: int) -> list[Check]:
    faults = [Check(name, expected, tally.faults[name]) for name, expected in FAULTS.items()]
    kept = "no regular row of a customer on a date with a fraudulent one"
    return [
        *faults,
        Check("unique trans_num", "no number twice", repeats),
        Check("fraud dates", kept, tally.kept_on_fraud_dates),
    ]


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


def _check_receipt(receipt: Receipt | None, digests: dict[str, Digest]) -> list[Check]:
    if receipt is None:
        return []
    checks = []
    for name, digest in digests.items():
        part = receipt.parts.get(name)
        same = part is not None and part.rows == digest.rows and part.digest in (None, str(digest))
        expected = f"{part.rows:,} rows, digest {part.digest}" if part else "none of them"
        checks.append(Check(f"receipt: {name}", expected, int(not same)))
    return checks
