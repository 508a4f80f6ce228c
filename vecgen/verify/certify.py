"""Makes the certificate of a dataset that was read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vecgen.errors import setting
from vecgen.process.progress import Report, ignore
from vecgen.scan.missing import LAW_NEEDS
from vecgen.stores.filesystem import Place
from vecgen.verify.certificate import Certificate
from vecgen.verify.chi_square import Statistic
from vecgen.verify.customer_checks import examine_customers
from vecgen.verify.expectation import Expectation
from vecgen.verify.fraud.copied_cards import examine_copies
from vecgen.verify.fraud.mixture_tests import examine_mixture, list_untested
from vecgen.verify.fraud.type_tests import examine_types
from vecgen.verify.row_tests import Finding, examine, examine_reports, judge
from vecgen.verify.verify import Reading, read_dataset

FAMILY_ERROR: Final = 1e-3
"""Probability that a valid dataset is rejected."""


def verify_dataset(
    directory: Place,
    expectation: Expectation,
    processes: int = 1,
    error: float = FAMILY_ERROR,
    report: Report = ignore,
    *,
    fast: bool = False,
) -> Certificate:
    """Read a dataset and check it against the expected one; arguments and errors as of `read_dataset`."""
    return certify(read_dataset(directory, expectation, processes, report, fast=fast), expectation, error)


def certify(reading: Reading, expectation: Expectation, error: float = FAMILY_ERROR) -> Certificate:
    """Return the certificate of a dataset that was read; a valid one is rejected with probability `error`."""
    statistics: dict[tuple[str, str], Statistic] = {}
    untested: list[str] = []
    if "transactions" in reading.digests:
        known = reading.scope.known
        found = examine(reading.totals, reading.model, expectation.merchants)
        found |= examine_copies(reading.totals, expectation.merchants or {}, reading.copies)
        found |= examine_types(reading.totals, reading.model)
        if LAW_NEEDS["fraud rate"] <= known:
            found |= examine_mixture(reading.totals, reading.model)
        if reading.reports and reading.reports[0].delays.any():
            found |= examine_reports(*reading.reports)
        statistics |= {(law, of): statistic for (law, of), statistic in found.items() if LAW_NEEDS[law] <= known}
        untested = reading.scope.describe_untested((law for law, _ in found), LAW_NEEDS)
    if "customers" in reading.digests and expectation.as_of is not None:
        own = examine_customers(reading.customer_counts, expectation.demographics, expectation.words)
        statistics |= {(law, "customers"): s for law, s in own}
    findings = tuple(judge(statistics, error, reading.repeated_draws.workers if reading.repeated_draws else 1))
    return Certificate(
        directory=str(reading.directory),
        dependence=expectation.law.dependence,
        rows=reading.totals.rows,
        customers=reading.customers,
        digests={name: str(digest) for name, digest in reading.digests.items()},
        checks=reading.checks,
        findings=findings,
        notes=(
            *reading.notes,
            *untested,
            *_note_words(reading, expectation),
            *_note_fraud_rate(reading, expectation, findings),
            *_note_types(reading),
            *_note_copies(reading),
        ),
        error=error,
    )


def _note_words(reading: Reading, expectation: Expectation) -> tuple[str, ...]:
    """Return why customers' names, jobs and streets are not tested, where they are not."""
    if "customers" not in reading.digests or expectation.as_of is None or expectation.words:
        return ()
    why = "the Faker that is installed has other lists" if expectation.receipt else "no receipt says of which lists"
    return (f"customers' names, jobs and streets are not tested: {why}",)


def _note_types(reading: Reading) -> tuple[str, ...]:
    """Return what is not tested of fraud types."""
    if not reading.model.is_typed or not reading.totals.untold:
        return ()
    names = ", ".join(own.type.name for own in reading.model.law.types)
    why = "transaction numbers, which tell it, are not there"
    return (
        f"fraud types {names}: tested together, and not type by type: {why}",
        f"not testable without them: {', '.join(list_untested(reading.model))}",
    )


def _note_copies(reading: Reading) -> tuple[str, ...]:
    """Return why merchants of honest rows are not tested, where they are not."""
    if not reading.model.law.copies_cards or reading.copies:
        return ()
    needs = "a receipt, fraud cases, and the columns ssn, cc_num, is_fraud, trans_date, category and merchant"
    return (f"merchants of honest rows and copied cards are not tested: that needs {needs}",)


def _note_fraud_rate(reading: Reading, expectation: Expectation, findings: Sequence[Finding]) -> tuple[str, ...]:
    """Return which rate to pass if only the default contradicts the number of defrauded customers."""
    broken = any(finding.law == "defrauded" and finding.verdict == "broken" for finding in findings)
    if not broken or expectation.receipt is not None:
        return ()
    defrauded = sum(len(own.defrauded) for own in reading.totals.customers)
    everybody = defrauded + sum(own.rows.total() for own in reading.totals.customers)
    share = f"{defrauded:,} of {everybody:,} customers are defrauded"
    rate = f"for a fraud rate of {expectation.law.fraud_rate:g}"
    return (f"{share}, {rate}; {setting('fraud_rate')} states another (Sparkov's: 0.98)",)
