"""Options of a store, as users give them: which there are, what may be printed, what clients make of them.

Other clients of the same store take the same options: `bucket` of conditional requests, `delta` of tables.
"""

from __future__ import annotations

import os
import re
from typing import Any, Final, TypeAlias

from pyarrow import fs

from vecgen.errors import InputError, redact, setting, suggest

Options: TypeAlias = tuple[tuple[str, str], ...]

_S3_TEXTS: Final = frozenset({"region", "scheme", "access_key", "secret_key", "session_token", "role_arn"})
_S3_SWITCHES: Final = frozenset({"anonymous", "force_virtual_addressing"})
_S3_NUMBERS: Final = frozenset({"connect_timeout", "request_timeout", "max_attempts"})
_S3_NAMES: Final = frozenset({"endpoint", "tls_ca_file_path", *_S3_TEXTS, *_S3_SWITCHES, *_S3_NUMBERS})
_SHOWN: Final = frozenset({"endpoint", "region", "scheme", "tls_ca_file_path", *_S3_SWITCHES, *_S3_NUMBERS})
_ENDPOINT: Final = re.compile(r"(https?://)?[\w.\-\[\]:]+/?", re.ASCII)
_S3_ATTEMPTS: Final = 10
"""Of a request that the store refuses for the moment, each after a longer wait: half a minute in all."""
_MAX_CERTIFICATES: Final = 1 << 22
_S3_CONNECT_SECONDS: Final = 10
_S3_REQUEST_SECONDS: Final = 60  # by default 3, which a busy store does not keep


def may_be_secret(option: str) -> bool:
    """Return whether the value of an option must not be printed."""
    return option.replace("-", "_") not in _SHOWN


def check_options(scheme: str, options: Options) -> None:
    """Accept the options of a store.

    Raises:
        InputError: One that is not known, or a value that cannot be used.
    """
    for name, value in options:
        if not scheme.startswith("s3"):
            raise InputError(
                setting("storage_option"), name, scheme, "s3 URLs; other stores are set up by the environment"
            )
        if name not in _S3_NAMES:
            expected = f"one of {', '.join(sorted(_S3_NAMES))}"
            raise InputError(setting("storage_option"), "", name, expected, suggest(name, _S3_NAMES))
        _check_value(name, value)


def _check_value(name: str, value: str) -> None:
    expected = ""
    if name in _S3_SWITCHES and value not in ("true", "false"):
        expected = "true or false"
    elif name in _S3_NUMBERS and not (value.isascii() and value.isdecimal() and 0 < len(value) < 7):
        expected = "a whole number"
    elif name == "endpoint" and not _ENDPOINT.fullmatch(value):
        expected = "host:port, or http://host:port"
    elif name == "scheme" and value not in ("http", "https"):
        expected = "http or https"
    elif name == "tls_ca_file_path":
        expected = _find_fault(value)
    if expected:
        raise InputError(setting("storage_option"), name, redact(value), expected)


def _find_fault(path: str) -> str:
    """Return what a file of certificates should be and is not, "" where it is all right."""
    try:
        with open(path, "rb") as file:
            found = b"-----BEGIN CERTIFICATE-----" in file.read(_MAX_CERTIFICATES)
    except (OSError, ValueError) as error:
        return f"a file that can be read ({error})"
    return "" if found else "certificates in PEM format"


def spell_endpoint(options: dict[str, str], bucket: str) -> str:
    """Return the URL by which other clients than PyArrow's reach a bucket, "" for Amazon's own."""
    if "endpoint" not in options:
        return ""
    scheme, _, address = options["endpoint"].rstrip("/").rpartition("://")
    host = f"{bucket}.{address}" if options.get("force_virtual_addressing") == "true" else address
    return f"{scheme or options.get('scheme', 'https')}://{host}"


def count_attempts(options: Options) -> int:
    """Return how often a request is tried that the store refuses for the moment."""
    return max(1, int(dict(options).get("max_attempts", _S3_ATTEMPTS)))


def to_arguments(options: Options) -> dict[str, Any]:
    """Return the arguments of PyArrow's S3 file system that options stand for."""
    arguments: dict[str, Any] = {"connect_timeout": _S3_CONNECT_SECONDS, "request_timeout": _S3_REQUEST_SECONDS}
    # Not the standard strategy: all requests of the process share its quota, which a busy hour uses up.
    arguments["retry_strategy"] = fs.AwsDefaultS3RetryStrategy(max_attempts=count_attempts(options))
    for name, value in options:
        if name == "endpoint":
            # Stores other than Amazon's may not know the checksums that its client sends by default.
            os.environ.setdefault("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")
            scheme, separator, address = value.rstrip("/").rpartition("://")
            arguments["endpoint_override"] = address
            arguments |= {"scheme": scheme} if separator else {}
        elif name == "max_attempts":
            continue
        elif name in _S3_SWITCHES:
            arguments[name] = value == "true"
        else:
            arguments[name] = int(value) if name in _S3_NUMBERS else value
    return arguments
