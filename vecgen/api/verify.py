"""Datasets checked against their model, and digests of their content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from vecgen.cli.commands.keyword_parsers import STATED, read_dataset_keywords
from vecgen.cli.keywords import Directory, ExpectationKeywords, takes
from vecgen.cli.progress_bar import show
from vecgen.cli.read_options import to_dataset
from vecgen.io.digest import Digest
from vecgen.verify import certify
from vecgen.verify.certificate import Certificate, spell_certificate
from vecgen.verify.expectation import read_expectation
from vecgen.verify.file_check import digest_complete

if TYPE_CHECKING:
    from typing_extensions import Unpack  # in `typing` from Python 3.11 on


@takes(STATED, ExpectationKeywords, processes=1)
def verify_dataset(directory: Directory, *, fast: bool = False, **stated: Unpack[ExpectationKeywords]) -> Certificate:
    """Check a dataset against its model, as `vecgen verify` does; `holds` of the certificate is the verdict.

    Args:
        fast: Do not read files for the checksums of their bytes.

    Raises:
        InputError: The dataset, a value or a file cannot be read.
    """
    options = read_dataset_keywords(STATED, directory, stated)
    place = to_dataset(options)
    with show(options.quiet) as progress:
        expectation = read_expectation(place, vars(options))
        found = certify.verify_dataset(place, expectation, options.processes, report=progress, fast=fast)
    return spell_certificate(found)


def digest_dataset(
    directory: Directory,
    *,
    storage_option: Mapping[str, str] | None = None,
    storage_options_file: Directory | None = None,
) -> dict[str, Digest]:
    """Return the digest of each part of a dataset, equal for equal content whatever its order, files and format.

    Raises:
        InputError: The dataset cannot be read.
    """
    stated: ExpectationKeywords = {
        "storage_option": storage_option or {},
        "storage_options_file": storage_options_file,
    }
    return digest_complete(to_dataset(read_dataset_keywords(STATED, directory, stated)))
