"""One pass over the files of a dataset for a comparison."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from vecgen.io.reader import read_batches
from vecgen.io.schema import COLUMNS
from vecgen.model.exact import ExactModel
from vecgen.process.progress import Report
from vecgen.process.scratch import scratch_directory
from vecgen.scan.comparison.row_sample import MOST_ROWS
from vecgen.scan.comparison.statistics import Statistics, StatisticsCounter, start_statistics
from vecgen.scan.missing import complete
from vecgen.scan.row_checks import inspect
from vecgen.verify.comparison.open_dataset import Opened
from vecgen.verify.read import Bundle, Work, load_customers, share_out


def read_statistics(
    opened: Opened, model: ExactModel, processes: int, report: Report, most_rows: int = MOST_ROWS
) -> Statistics:
    """Count and sample the rows of a dataset, in processes of this machine.

    Args:
        model: Allows every row.
        most_rows: Of the sample.

    Raises:
        InputError: A file that cannot be read.
        OutputError: Scratch files (48 bytes a row, below TMPDIR) cannot be written.
    """
    total = start_statistics(model, most_rows)
    with scratch_directory() as scratch:
        work = Work(model, scratch, False, None, opened.scope, opened.customers)
        for size, own in share_out(opened.files, partial(_count_bundle, work, most_rows), processes, report):
            total.add(own)
            report(replace(size, rows=total.marginals.rows))
    return total


def _count_bundle(work: Work, most_rows: int, bundle: Bundle) -> Statistics:
    total = start_statistics(work.model, most_rows)
    customers = load_customers(work.customers) if work.scope.joined else None
    for files in bundle:
        counter = StatisticsCounter(work.model, work.scratch, most_rows)
        for path in files:
            for batch in read_batches(path, work.scope.columns):
                segments = work.scope.segments
                whole = batch if work.scope.columns == COLUMNS else complete(batch, work.model, customers, segments)[0]
                counter.add(*inspect(whole, work.model, untested=work.scope.untested), whole)
        total.add(counter.close())
    return total
