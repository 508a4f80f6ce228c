"""Reads a dataset once: checks its files and rows, and counts what tests and reports need.

Files are read in groups that hold all rows of their customers: a batch of ours each, or everything where the names say
nothing of batches. Memory: the totals (some 100 MB), a few hundred bytes for every defrauded
customer, and 220 bytes and a byte a day of the period for every customer of the largest group.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Final

from vecgen.errors import InputError, setting
from vecgen.io.digest import Digest, digest_batches
from vecgen.io.reader import digest_files, read_batches
from vecgen.io.schema import CUSTOMER_COLUMNS, FRAUD_CASES, PART_COLUMNS
from vecgen.model.exact import ExactModel, write_out
from vecgen.model.fraud.reporting import Reporting, ReportTables
from vecgen.model.identifiers import ISSUED_SSNS, SAFE_PREFIX, SAFE_SSNS
from vecgen.model.odds.posterior import Posterior
from vecgen.process.progress import Report, ignore
from vecgen.process.scratch import scratch_directory
from vecgen.process.workers import check_processes
from vecgen.records.receipt import stated_probabilities, states_fraud_type, states_report_date
from vecgen.scan.counts import Totals, start_totals
from vecgen.scan.dataset_counts import CustomerCounts
from vecgen.scan.missing import CHECK_NEEDS, SCORE_NEEDS, WHOLE, Scope
from vecgen.scan.reports import ReportCounts, ReportReader, make_reader, require_numbers
from vecgen.scan.row_checks import FAULTS
from vecgen.scan.scores import Scores
from vecgen.scan.time_zone import TimeZone
from vecgen.scan.uniqueness import count_repeats
from vecgen.stores.filesystem import Place, size_of
from vecgen.verify.case_checks import count_wrong, read_cases
from vecgen.verify.certificate import Check
from vecgen.verify.customer_checks import IDENTIFIERS, count_unlisted
from vecgen.verify.customer_tests import list_shares
from vecgen.verify.expectation import Expectation
from vecgen.verify.file_check import check_digests, check_files
from vecgen.verify.fraud.copied_cards import Copies, check_copies, open_copies
from vecgen.verify.read import (
    UNSAFE,
    Work,
    find_time_zone,
    open_parts,
    read_again,
    read_customers,
    read_scores,
    read_transactions,
)
from vecgen.verify.repeated_draws import RepeatedDraws, find_repeated_draws

_TELLING: Final = {"trans_num", "trans_date", "is_fraud"}
"""Columns that tell labels, types of fraud and report dates."""
_SCORED_BYTES: Final = 200_000_000
"""Of files of which all rows are scored: three million, some seconds of one core."""


@dataclass(frozen=True)
class Reading:
    """A dataset that was read: its counts and failed checks, before the tests.

    Attributes:
        digests: Of the parts that were read, by name.
        repeated_draws: Workers of the original that drew the same numbers; None where nothing shows that.
        notes: Sentences about the dataset as a whole.
        scope: Which columns could be looked at.
        reports: When fraud was reported, and the figures by which; None where that is not said.
        copies: Where cards were copied, and what it is compared with; None where that is not known.
        fault: Why nothing could be read of files that are not those that were written; None where all was read.
    """

    directory: Place
    model: ExactModel
    totals: Totals
    customer_counts: CustomerCounts
    digests: dict[str, Digest]
    checks: tuple[Check, ...]
    repeated_draws: RepeatedDraws | None = None
    notes: tuple[str, ...] = ()
    scope: Scope = WHOLE
    reports: tuple[ReportCounts, ReportTables] | None = None
    copies: Copies | None = None
    fault: InputError | None = None

    @property
    def customers(self) -> int:
        """Number of customers: those of the customer files, else those with transactions."""
        seen = sum(sum(own.rows.values()) + len(own.defrauded) for own in self.totals.customers)
        return self.customer_counts.rows or seen


def read_dataset(
    directory: Place,
    expectation: Expectation,
    processes: int = 1,
    report: Report = ignore,
    *,
    fast: bool = False,
    score_all: bool = False,
) -> Reading:
    """Compare the files of a dataset with their list, then count what tests and a report need of their rows.

    Where transaction numbers repeat and no receipt is there, transactions are read again, to tell why.

    Args:
        report: Called now and then with how much of the transactions is read.
        fast: Leave the bytes of files uncompared.
        score_all: Score all rows; else, of many rows, those of some customers, which is enough for a test.

    Raises:
        InputError: Fewer than one process, no data files, or one that cannot be read as transactions or customers,
            though it is as it was written, or nobody knows.
        OutputError: Scratch files (64 bytes a row, below TMPDIR) cannot be written.
    """
    check_processes(processes)
    checks, notes = check_files(directory, expectation.receipt, processes, fast=fast)
    model = write_out(expectation.profiles, expectation.law)
    try:
        reading = _read_rows(directory, expectation, model, processes, report, score_all)
    except InputError as fault:
        if all(check.holds for check in checks):
            raise
        notes.append(f"of the rows nothing is known: {fault}")
        nothing = start_totals(model), CustomerCounts(), dict[str, Digest]()
        return Reading(directory, model, *nothing, tuple(checks), notes=tuple(notes), fault=fault)
    return replace(reading, checks=(*reading.checks, *checks), notes=(*reading.notes, *notes))


def _read_rows(
    directory: Place, expectation: Expectation, model: ExactModel, processes: int, report: Report, score_all: bool
) -> Reading:
    transactions, customers, scope = open_parts(directory, expectation)
    checks: list[Check] = []
    notes: list[str] = []
    digests: dict[str, Digest] = {}
    totals, repeated_draws, reports, copies = start_totals(model), None, None, None
    if transactions:
        time_zone = expectation.time_zone or (
            None if expectation.receipt else find_time_zone(transactions, expectation.law.period)
        )
        with scratch_directory() as scratch:
            posterior = Posterior(expectation.profiles, expectation.law) if scope.known >= SCORE_NEEDS else None
            safe = expectation.safe_identifiers
            stated = stated_probabilities(expectation.receipt) if posterior and expectation.receipt else ()
            one_in = 1 if score_all or stated else 1 + sum(map(size_of, transactions)) // _SCORED_BYTES
            reader = open_reports(directory, expectation, scope)
            copier = open_copies(directory, expectation, model, scope)
            work = Work(
                model, scratch, safe, time_zone, scope, tuple(customers), posterior, stated, one_in, reader, copier
            )
            totals, digests["transactions"], counts, copied = read_transactions(transactions, work, processes, report)
            repeats = count_repeats(scratch)
        if repeats and expectation.receipt is None:
            with scratch_directory() as scratch:
                repeated_draws = find_repeated_draws(read_again(transactions, model, time_zone, scope), scratch)
        if stated:
            expected = "the probability of fraud by the model"
            checks.append(Check(" and ".join(column.name for column in stated), expected, totals.scores.wrong))
        reports = (counts, reader.tables) if reader else None
        copies = (copied, copier) if copier else None
        checks += _check_reports(counts, reader) + _check_types(totals, model, reader) + check_copies(copied, copier)
        if scope.joined:
            checks.append(Check("customer_id", "a customer of the customers' files", totals.faults["customer_id"]))
        checks += _check_rows(
            totals, model, Check("unique trans_num", "no number twice", repeats, repeated_draws is not None), time_zone
        )
        checks += _check_safe("transactions", totals.faults[UNSAFE], expectation)
        notes += _note_profiles(scope) + _note_time_zone(time_zone, expectation)
        notes += _note_repeated_draws(repeated_draws, repeats)
    customer_counts = CustomerCounts()
    if customers and expectation.as_of is not None:
        customer_counts, digests["customers"], again = read_customers(customers, expectation, expectation.as_of)
        checks += _check_customers(customer_counts, again, expectation)
    elif customers and expectation.receipt is None:
        notes.append(f"customers were not checked: pass {setting('as_of')} DATE, the reference date for their ages")
    elif customers:
        batches = (batch for path in customers for batch in read_batches(path, CUSTOMER_COLUMNS))
        digests["customers"] = digest_batches(batches, CUSTOMER_COLUMNS)
    checks += _check_cases(directory, expectation, model, totals, digests, told=reports is not None)
    notes += scope.describe_untested((check.name for check in checks), CHECK_NEEDS)
    checks = [check for check in checks if check.name not in scope.untested]
    checks += check_digests(expectation.receipt, digests)
    return Reading(
        directory=directory,
        model=model,
        totals=totals,
        customer_counts=customer_counts,
        digests=digests,
        checks=tuple(checks),
        repeated_draws=repeated_draws,
        notes=tuple(notes),
        scope=scope,
        reports=reports,
        copies=copies,
    )


def score_dataset(directory: Place, expectation: Expectation, processes: int = 1, report: Report = ignore) -> Scores:
    """Return how the best possible detectors score the transactions of a dataset; arguments as of `read_dataset`.

    Raises:
        InputError: Columns that the probability of fraud needs are not there, too.
    """
    check_processes(processes)
    transactions, customers, scope = open_parts(directory, expectation)
    if missing := sorted(SCORE_NEEDS - scope.known):
        expected = f"transactions with them (customer_id: or {', '.join(IDENTIFIERS)}), which decide the probability"
        raise InputError(str(directory), "columns", f"no {', '.join(missing)}", expected)
    period = expectation.law.period
    time_zone = expectation.time_zone or (None if expectation.receipt else find_time_zone(transactions, period))
    model = write_out(expectation.profiles, expectation.law)
    posterior = Posterior(expectation.profiles, expectation.law)
    with scratch_directory() as scratch:
        reader = open_reports(directory, expectation, scope)
        work = Work(model, scratch, False, time_zone, scope, tuple(customers), posterior, reports=reader)
        return read_scores(transactions, work, processes, report)


def _note_profiles(scope: Scope) -> list[str]:
    if scope.segments is None or "profile" not in scope.known:
        return []
    told = f"profiles are told by age on {scope.segments.as_of}, sex and city, since no column says them"
    return [f"{told}; {setting('as_of')} states another date"]


def open_reports(directory: Place, expectation: Expectation, scope: Scope) -> ReportReader | None:
    """Return what reads the labels and report dates of a dataset; None where there is nothing to be told of them.

    Raises:
        InputError: The labels are those of a day, and there are no transaction numbers, which tell the true ones.
    """
    receipt, law = expectation.receipt, expectation.law
    known = {column.name for column in scope.columns}
    if receipt is None:
        return None
    require_numbers(str(directory), known, law)
    has_dates, has_types = states_report_date(receipt), states_fraud_type(receipt)
    if not known >= _TELLING or not (has_dates or has_types or law.fraud_types or law.reporting != Reporting()):
        return None
    return make_reader(law, int(str(receipt.request["seed"])), has_dates=has_dates, has_types=has_types)


def _check_reports(counts: ReportCounts, reader: ReportReader | None) -> list[Check]:
    checks: list[Check] = []
    if reader is None:
        return checks
    if reader.has_dates:
        expected = "the day that follows from the number of the transaction, on or after its own, or none"
        checks.append(Check("reported_date", expected, counts.wrong_dates))
    if reader.has_types:
        expected = "the type that follows from the number of the transaction, and none of honest ones"
        checks.append(Check("fraud_type", expected, counts.wrong_types))
    if day := reader.law.reporting.labels_as_of:
        checks.append(Check("labels", f"is_fraud as it was known at the end of {day}", counts.wrong_labels))
    return checks


def _check_types(totals: Totals, model: ExactModel, reader: ReportReader | None) -> list[Check]:
    if reader is None or not model.is_typed:
        return []
    expected = "a transaction number of the dataset, which tells how fraudulent ones came about"
    return [Check("numbers of frauds", expected, totals.untold)]


def _note_time_zone(time_zone: TimeZone | None, expectation: Expectation) -> list[str]:
    if time_zone is None:
        return []
    shift = f"one difference: unix_time lies {time_zone.shift} the date and time, in every row"
    moved = [f"{shift}; beside that, moments are compared as ever"] if time_zone.shift else []
    if time_zone.name == "UTC" and not expectation.time_zone:
        return moved
    how = "as stated" if expectation.time_zone else f"found; {setting('time_zone')} states it"
    return [*moved, f"unix_time is the local time of {time_zone.name} ({how}); vecgen's own files count it in UTC"]


def _note_repeated_draws(repeated: RepeatedDraws | None, repeats: int) -> list[str]:
    if repeated is None:
        return []
    return [
        f"a known flaw of the original: run on several cores, its workers (at least {repeated.workers}) draw the same "
        f"numbers. {repeats:,} rows have a transaction number, {repeated.places:,} a place from home, that another "
        "customer's row had before. Therefore a test fails only if it does with a chi-square divided by "
        f"{repeated.workers}; all else is judged as ever. For unique numbers, run the original on one core, or vecgen"
    ]


def _check_rows(totals: Totals, model: ExactModel, unique: Check, time_zone: TimeZone | None) -> list[Check]:
    found = totals.faults + Counter(unix_time=int(time_zone is not None and not time_zone.is_moved))
    remedies = {"unix_time": f"; if it was made where clocks show another time, pass {setting('time_zone')} NAME"}
    faults = [Check(name, f"{expected}{remedies.get(name, '')}", found[name]) for name, expected in FAULTS.items()]
    kept = "no regular row of a customer on a date with a fraudulent one"
    kept += ", but under types of fraud that let them stay" if True in model.keeps_own_rows else ""
    tells = len(model.keeps_own_rows) < 2 or not totals.untold
    drops = tells and model.keeps_own_rows != {True}
    dropped = [Check("fraud dates", kept, totals.kept_on_fraud_dates)] if drops else []
    return [*faults, unique, *dropped, *check_defrauded(totals, model)]


def check_defrauded(totals: Totals, model: ExactModel) -> list[Check]:
    """Return the check of who is defrauded where the fraud rate leaves nothing to chance."""
    shares = set(list_shares(model))
    if shares == {0.0}:
        return [
            Check("defrauded", "no customer with a fraudulent row", sum(len(own.defrauded) for own in totals.customers))
        ]
    if shares == {1.0}:
        spared = sum(own.rows.total() for own in totals.customers)
        return [Check("defrauded", "fraudulent rows of every customer", spared)]
    return []


def _check_customers(counts: CustomerCounts, repeats: dict[str, int], expectation: Expectation) -> list[Check]:
    ssns = (SAFE_SSNS if expectation.safe_identifiers else ISSUED_SSNS).size
    past = {"ssn": max(0, counts.rows - ssns)}  # past their space, numbers repeat
    listed = "ZIP code, city, state, position and inhabitants of one place of the demographics"
    return [
        Check("address", listed, count_unlisted(counts, expectation.demographics.places)),
        *(
            Check(f"unique {name}", "no value twice among the customers", repeats[name] - past.get(name, 0))
            for name in IDENTIFIERS
        ),
        *_check_safe("customers", counts.unsafe, expectation),
        Check("segment", "the profile of the first segment that matches", counts.wrong_profile),
    ]


def _check_cases(
    directory: Place,
    expectation: Expectation,
    model: ExactModel,
    totals: Totals,
    digests: dict[str, Digest],
    *,
    told: bool,
) -> list[Check]:
    """Return the check of the table of fraud cases, where there is or should be one; note its digest.

    Args:
        told: As of `count_wrong`.
    """
    there = (directory / FRAUD_CASES).is_dir()
    if there:
        digests[FRAUD_CASES] = digest_files(directory / FRAUD_CASES, PART_COLUMNS[FRAUD_CASES])
    stated = expectation.receipt is not None and FRAUD_CASES in expectation.receipt.parts
    if "transactions" not in digests or not (there or stated):
        return []
    recorded = read_cases(directory / FRAUD_CASES, model)
    wrong = count_wrong(totals.cases, recorded, model, told=told, complete=not any(totals.faults.values()))
    return [Check("fraud cases", "one of each defrauded customer, with the rows it shows", wrong)]


def _check_safe(part: str, unsafe: int, expectation: Expectation) -> list[Check]:
    expected = f"{UNSAFE}: of SSN areas and groups never issued; card numbers that begin {SAFE_PREFIX}"
    return [Check(f"safe: {part}", expected, unsafe)] if expectation.safe_identifiers else []
