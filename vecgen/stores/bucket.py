"""Objects in S3, each written or removed only while it is as it was seen.

A process may be paused between a look and the request that follows, and a request may reach the store late. So every
request carries a condition that the store compares: `If-None-Match`, `If-Match`. PyArrow's client cannot ask for that;
obstore can where it writes, and signs the URL of a removal, to which the condition is added.
"""

from __future__ import annotations

import configparser
import os
import ssl
import time
from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from vecgen.stores.options import Options, count_attempts, spell_endpoint

if TYPE_CHECKING:
    from obstore.store import S3Store

_Answer = TypeVar("_Answer")
_SECONDS: Final = 10
"""That a request may take; it is repeated for twice as long."""
_BYTES_PER_SECOND: Final = 1 << 20
"""That an upload is given time for."""
_SIGNED_FOR: Final = timedelta(minutes=5)
"""For how long a signed removal holds: longer than it takes, and than clocks are usually off."""
_OTHER: Final = (404, 412)
"""Statuses of a condition that does not hold."""


class NoConditionsError(OSError):
    """The store knows no conditional writes."""


class Bucket:
    """The objects of a bucket; a tag, its entity tag, names one state of an object.

    It is "" where there is none, as of a file that was put below a gateway: such an object is not compared.

    All methods raise OSError where the store does not answer, or refuses.
    """

    def __init__(self, name: str, options: Options, region: str) -> None:
        self._name, self._options, self._region = name, dict(options), region
        self._attempts = count_attempts(options)
        self._clients: dict[int, S3Store] = {}

    def read(self, key: str) -> tuple[bytes, str] | None:
        """Return an object's content and tag, None where there is no object."""
        import obstore

        def get(client: S3Store) -> tuple[bytes, str]:
            found = obstore.get(client, key)
            return bytes(found.bytes()), found.meta["e_tag"] or ""

        return self._look(get)

    def find_tag(self, key: str) -> str | None:
        """Return an object's tag, None where there is no object."""
        import obstore

        return self._look(lambda client: obstore.head(client, key)["e_tag"] or "")

    def list_tags(self, directory: str) -> dict[str, str]:
        """Return the tags of all objects below a directory by their keys."""
        import obstore

        found = self._look(lambda client: obstore.list(client, f"{directory}/", chunk_size=1000).collect())
        return {each["path"]: each["e_tag"] or "" for each in found or ()}

    def _look(self, request: Callable[[S3Store], _Answer], again: bool = True) -> _Answer | None:
        """Return the answer to a request that changes nothing, None where there is no object.

        Once more, if it broke off, as it does when the process is paused meanwhile; obstore repeats what was refused.
        """
        from obstore.exceptions import BaseError, NotFoundError

        try:
            return request(self.open_client())
        except (NotFoundError, FileNotFoundError):
            return None
        except BaseError as error:
            if not again:
                raise _shorten(error) from error
        return self._look(request, again=False)

    def write(self, key: str, content: bytes | memoryview, seen: str | None) -> str | None:
        """Write an object that is still as `seen`, a tag, or None for no object; return its new tag.

        Returns:
            None: It is not; nothing was written.

        Raises:
            NoConditionsError: The store does not compare.
        """
        import obstore
        from obstore.exceptions import (
            AlreadyExistsError,
            BaseError,
            NotFoundError,
            NotSupportedError,
            PreconditionError,
        )

        client = self.open_client(_SECONDS << (len(content) // (_SECONDS * _BYTES_PER_SECOND)).bit_length())
        mode: Any = "create" if seen is None else {"e_tag": seen} if seen else "overwrite"
        try:
            return obstore.put(client, key, content, mode=mode, use_multipart=False)["e_tag"] or ""
        except (AlreadyExistsError, PreconditionError, NotFoundError, FileNotFoundError):
            return None
        except BaseError as error:
            lacks = isinstance(error, NotSupportedError) or "NotImplemented" in str(error)
            raise (NoConditionsError(str(error)) if lacks else _shorten(error)) from error

    def remove(self, key: str, seen: str) -> bool:
        """Remove an object that is still as `seen`; return whether it was.

        A store that compares at writes only, as MinIO, removes it as it is; one that refuses the condition is asked for
        the tag directly before.
        """
        import obstore
        from obstore.exceptions import BaseError

        for tried in range(self._attempts if seen else 0):
            status = self._request_removal(key, seen)
            if status < 300:
                return True
            if status in _OTHER:
                return False
            if status < 500 and status != 409:  # of two requests at once, one is to be repeated
                break
            time.sleep(pause(tried))
        if self.find_tag(key) != seen:
            return False
        try:
            obstore.delete(self.open_client(), key)
        except BaseError as error:
            raise _shorten(error) from error
        return True

    def _request_removal(self, key: str, seen: str) -> int:
        """Return the status of one request for a removal, 400 where it cannot be signed, 500 without an answer."""
        import obstore
        from obstore.exceptions import BaseError

        try:
            url = obstore.sign(self.open_client(), "DELETE", key, _SIGNED_FOR)
        except BaseError:  # anonymous
            return 400
        request = Request(url, method="DELETE", headers={"If-Match": seen})
        try:
            with urlopen(request, timeout=_SECONDS, context=self._trust) as answer:
                return int(answer.status)
        except HTTPError as error:
            error.close()
            return 400 if error.code == 501 else error.code
        except OSError:
            return 500

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._options.get("tls_ca_file_path"))

    def open_client(self, seconds: int = _SECONDS) -> S3Store:
        """Return obstore's client of what PyArrow reaches with the same options and environment.

        Args:
            seconds: That a request may take.
        """
        if seconds not in self._clients:
            self._clients[seconds] = self._open_client(seconds)
        return self._clients[seconds]

    def _open_client(self, seconds: int) -> S3Store:
        from obstore.store import S3Store

        virtual = self._options.get("force_virtual_addressing") == "true"
        config: dict[str, Any] = {"region": self._region, "virtual_hosted_style_request": virtual}
        if endpoint := spell_endpoint(self._options, self._name):
            config["endpoint"] = endpoint
        if self._options.get("anonymous") == "true":
            config["skip_signature"] = True
        else:
            config |= _find_credentials(self._options)
        client: dict[str, Any] = {"allow_http": True, "timeout": timedelta(seconds=seconds)}
        if "tls_ca_file_path" in self._options:
            client["root_certificate"] = Path(self._options["tls_ca_file_path"]).read_bytes()
        retry: Any = {"max_retries": self._attempts - 1, "retry_timeout": timedelta(seconds=2 * seconds)}
        return S3Store(self._name, config=config, client_options=client, retry_config=retry)  # type: ignore[arg-type]


def pause(tried: int) -> float:
    """Return the seconds between a request that was tried so often and the next."""
    return min(0.05 * (1 << tried), 5.0)


def _shorten(error: Exception) -> OSError:
    return OSError((str(error).splitlines() or [type(error).__name__])[0])


def _find_credentials(options: dict[str, str]) -> dict[str, str]:
    """Return the keys in the options, or those of a profile; obstore finds those of the environment or the machine."""
    names = {"access_key": "access_key_id", "secret_key": "secret_access_key", "session_token": "session_token"}
    given = {names[name]: value for name, value in options.items() if name in names}
    if given or "AWS_ACCESS_KEY_ID" in os.environ:
        return given
    file = configparser.ConfigParser(interpolation=None)
    file.read(os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or Path.home() / ".aws" / "credentials")
    profile = os.environ.get("AWS_PROFILE", "default")
    section = file[profile] if file.has_section(profile) else {}
    keys = {"aws_access_key_id", "aws_secret_access_key", "aws_session_token"}
    return {name.removeprefix("aws_"): value for name, value in section.items() if name in keys}
