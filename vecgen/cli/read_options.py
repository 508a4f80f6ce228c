"""Turns parsed options into requests, outputs and datasets."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping

from vecgen.model.fraud.load_fraud_types import load_weighted_types
from vecgen.model.fraud.reporting import Reporting
from vecgen.model.params import ModelParameters, make_period
from vecgen.plan.form import NORMALIZED_NAMES, Form
from vecgen.plan.output import Existing, Output
from vecgen.plan.request import Request
from vecgen.plan.selection import Selection
from vecgen.stores.filesystem import Place, locate


def to_arguments(options: Mapping[str, str]) -> list[str]:
    """Return options given as names and texts as arguments of a parser: `fraud_days`, "3" as `--fraud-days=3`.

    A flag is given as "true" or "false"; "_" in names counts as "-".
    """
    named = {f"--{name.replace('_', '-')}": value for name, value in options.items()}
    given = {name: value for name, value in named.items() if value.lower() != "false"}
    return [name if value.lower() == "true" else f"{name}={value}" for name, value in given.items()]


def to_request(options: Namespace) -> Request:
    """Return the request that parsed options describe.

    Raises:
        InputError: Values outside their ranges.
    """
    law = ModelParameters(
        make_period(options.start, options.end),
        options.fraud_rate,
        options.fraud_days,
        options.dependence,
        options.travel,
        options.fraud_stealth,
        reporting=Reporting(options.report_delay, options.never_reported, options.false_reports, options.labels_as_of),
        fraud_types=load_weighted_types(options.profiles, options.fraud_types),
    )
    return Request(
        customers=options.customers,
        customers_file=getattr(options, "customers_file", None),
        seed=options.seed,
        law=law,
        as_of=options.as_of,
        profiles=options.profiles,
        demographics=options.demographics,
        safe_identifiers=options.safe_identifiers,
    )


def to_dataset(options: Namespace) -> Place:
    """Return the dataset that parsed options name.

    Raises:
        InputError: A URL or options that cannot be used.
    """
    return locate(options.directory, list_storage_options(options))


def list_storage_options(options: Namespace) -> list[tuple[str, str]]:
    """Return what parsed options say of the store, those given one by one before those of the file."""
    given = dict(options.storage_options_file or ()) | dict(options.storage_option)
    return list(given.items())


def to_existing(options: Namespace) -> Existing:
    """Return what parsed options say of an output that holds something."""
    return "resume" if options.resume else "overwrite" if options.overwrite else "refuse"


def to_output(options: Namespace) -> Output:
    """Return the output that parsed options describe."""
    normalized = getattr(options, "normalized", False)
    form = Form(
        format=options.format,
        compression=options.compression,
        encoding=options.encoding,
        partition_by=() if options.single_file else options.partition_by,
        max_file_size=options.max_file_size,
        max_records_per_file=options.max_records_per_file,
        single_file=options.single_file,
        with_customer_id=options.with_customer_id or normalized,
        with_fraud_probability=getattr(options, "with_fraud_probability", False),
        with_fraud_type=getattr(options, "with_fraud_type", False),
        with_report_date=getattr(options, "with_report_date", False),
        columns=NORMALIZED_NAMES if normalized else getattr(options, "columns", None),
    )
    selection = Selection(
        batch_rows=getattr(options, "batch_rows", None),
        batches=getattr(options, "batches", ()),
        only_dates=getattr(options, "only_dates", None),
    )
    return Output(
        path=locate(options.output, list_storage_options(options)),
        form=form,
        selection=selection,
        table=options.table,
        append=options.append,
    )
