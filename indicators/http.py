"""Fetches documents from the web, or from a folder instead; the only module that opens connections to registers."""

import json
import logging
import tempfile
import time
import weakref
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple, NoReturn, Self

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from indicators.folder import FolderClient
from indicators.parsed_records import ArchiveState, FetchedDocument
from settings import WrongInput

USER_AGENT = "continuity-watch/0.1"
TIMEOUT = httpx.Timeout(30.0, connect=10.0, read=60.0)  # seconds; read counts from one piece of the body to the next
ATTEMPTS = 5
RETRY_WAIT = wait_exponential_jitter(max=60)  # 1, 2, 4, 8 ... seconds, each with up to one more
LONGEST_WAIT = 300.0  # seconds; a longer Retry-After is cut to this
MAX_BYTES = 4 * 1024**3  # the largest monthly accounts product has between 2 and 3 GB
MAX_JSON_BYTES = 16 * 1024**2
MAX_REDIRECTS = 5
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

log = logging.getLogger(__name__)


class RegisterUnreachable(Exception):
    """A register could not be reached, or its answer has another shape than documented; the user is not at fault."""


@dataclass(frozen=True)
class HostLimits:
    """The limits of requests to a host, and its answer for "too many requests"."""

    request_interval: float = 0.5  # seconds from one request to the next
    busy_statuses: frozenset[int] = frozenset({429})  # statuses that mean "too many requests"
    busy_wait: float | None = None  # seconds to wait after one of them that has no Retry-After; None: back off


# Contracts Finder answers 403 when it was asked too often and then wants five minutes of rest:
# https://www.contractsfinder.service.gov.uk/apidocumentation/Notices/1/GET-Harvester-Notices-Data-CSV
HOST_LIMITS: Mapping[str, HostLimits] = {
    "www.contractsfinder.service.gov.uk": HostLimits(
        request_interval=2.0, busy_statuses=frozenset({403, 429}), busy_wait=300.0
    ),
}
REMEDIES: Mapping[int, str] = {
    401: "check the key that is set for this register",
    403: "check the key that is set for this register, or ask its publisher for access",
    404: "the publisher has moved or removed it: correct the address in the catalogue",
    410: "the publisher has removed it: correct the address in the catalogue",
}
TRY_LATER_REMEDY = "try again later, or give a folder of extracts with --from"


class WebClient:
    """Fetches documents from the web, slowly, with retries, over verified TLS, and only those that have changed.

    Args:
        spool: folder for downloads; each lasts as long as its ``FetchedDocument``.
        user_agent: the name that registers see.
        headers: host to its extra headers, such as keys of registers; they are never shown or logged.
        host_limits: host to its limits, where they differ from the others'.
        attempts: how often a request is tried before giving up.
        max_bytes: the largest document taken.
        transport: carries the requests; tests give their own.
        clock: seconds that only rise.
        sleep: waits for seconds.
    """

    is_folder = False

    def __init__(
        self,
        spool: Path,
        *,
        user_agent: str = USER_AGENT,
        headers: Mapping[str, Mapping[str, str]] | None = None,
        host_limits: Mapping[str, HostLimits] = HOST_LIMITS,
        attempts: int = ATTEMPTS,
        max_bytes: int = MAX_BYTES,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._spool = spool
        self._headers = headers or {}
        self._host_limits = host_limits
        self._attempts = attempts
        self._max_bytes = max_bytes
        self._clock = clock
        self._sleep = sleep
        self._free_at: dict[str, float] = {}
        self._http = httpx.Client(timeout=TIMEOUT, transport=transport, headers={"User-Agent": user_agent})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def files(self, *patterns: str) -> NoReturn:
        """Refuse the request: the web has no folder to look in.

        Raises:
            WrongInput: always.
        """
        raise WrongInput(f"{', '.join(patterns)}: only available from a folder; give the folder with --from")

    def get(self, address: str, name: str, since: ArchiveState | None = None) -> FetchedDocument | None:
        """The document at the address, downloaded to the spool; None if the register says that it has not changed.

        Raises:
            RegisterUnreachable: the document could not be fetched.
            WrongInput: the spool cannot be written.
        """
        etag, modified = (since.validators.get(address) if since else None) or (None, None)
        conditions = {"If-None-Match": etag, "If-Modified-Since": modified}
        try:
            answer = self._download(address, {key: text for key, text in conditions.items() if text}, self._max_bytes)
        except _NotModified:
            return None
        return FetchedDocument(name, address, answer.body, answer.etag, answer.last_modified)

    def get_json(self, address: str) -> object:
        """The parsed JSON at the address, at most 16 MB of it.

        Raises:
            RegisterUnreachable: the page could not be fetched, or is not JSON.
            WrongInput: the spool cannot be written.
        """
        answer = self._download(address, {}, MAX_JSON_BYTES)
        with closing(answer.body()) as stream:
            try:
                content: object = json.load(stream)
            except (ValueError, RecursionError):
                raise RegisterUnreachable(
                    _error_message(address, "the answer is not JSON", 1, TRY_LATER_REMEDY)
                ) from None
        return content

    def _download(self, address: str, conditions: Mapping[str, str], limit: int) -> "_Answer":
        retrying = Retrying(
            stop=stop_after_attempt(self._attempts),
            wait=_retry_delay,
            retry=retry_if_exception_type(_TemporaryFailure),
            sleep=self._sleep,
            before_sleep=partial(_log_retry, address),
            reraise=True,
        )
        try:
            return retrying(self._send_request, _checked_url(address), conditions, limit)
        except _TemporaryFailure as error:
            raise RegisterUnreachable(
                _error_message(address, error.reason, self._attempts, TRY_LATER_REMEDY)
            ) from error
        except _PermanentFailure as error:
            tries = retrying.statistics.get("attempt_number", 0)
            raise RegisterUnreachable(_error_message(address, error.reason, tries, error.remedy)) from error

    def _send_request(self, url: httpx.URL, conditions: Mapping[str, str], limit: int) -> "_Answer":
        for _ in range(1 + MAX_REDIRECTS):
            self._wait_for_host(url.host)
            request = self._http.build_request("GET", url, headers={**conditions, **self._headers.get(url.host, {})})
            try:
                with closing(self._http.send(request, stream=True)) as response:
                    if response.next_request is None:
                        return self._receive_answer(response, limit, is_conditional=bool(conditions))
                    url = _redirect_url(url, response.next_request.url)
            except (httpx.TransportError, httpx.DecodingError) as error:
                raise _TemporaryFailure(_describe_error(error)) from error
        raise _PermanentFailure(f"redirected more than {MAX_REDIRECTS} times", "correct the address in the catalogue")

    def _wait_for_host(self, host: str) -> None:
        wait = self._free_at.get(host, 0.0) - self._clock()
        if wait > 0:
            self._sleep(wait)
        self._free_at[host] = self._clock() + self._host_limits.get(host, HostLimits()).request_interval

    def _receive_answer(self, response: httpx.Response, limit: int, *, is_conditional: bool) -> "_Answer":
        limits = self._host_limits.get(response.url.host, HostLimits())
        status = response.status_code
        if status == httpx.codes.NOT_MODIFIED and is_conditional:
            raise _NotModified
        if status in limits.busy_statuses:
            raise _TemporaryFailure(f"answered {status}, too many requests", _retry_after(response) or limits.busy_wait)
        if response.is_server_error:
            raise _TemporaryFailure(f"answered {status}", _retry_after(response) or None)
        if status != httpx.codes.OK:
            raise _PermanentFailure(f"answered {status}", REMEDIES.get(status, "correct the address in the catalogue"))
        headers = response.headers
        return _Answer(self._write_body(response, limit), headers.get("etag"), headers.get("last-modified"))

    def _write_body(self, response: httpx.Response, limit: int) -> "_SpooledFile":
        stated = response.headers.get("content-length", "")
        expected = int(stated) if stated.isdecimal() else None
        if expected is not None and expected > limit:
            raise _too_large(limit)
        try:
            self._spool.mkdir(parents=True, exist_ok=True)
            handle, path = tempfile.mkstemp(dir=self._spool, prefix="download-")
            body = _SpooledFile(Path(path))
            try:
                _copy_body(response, handle, limit)
                # Counted before any decompression, as Content-Length is.
                if expected is not None and response.num_bytes_downloaded != expected:
                    raise _TemporaryFailure(f"sent {response.num_bytes_downloaded:,} of {expected:,} bytes")
            except BaseException:
                body.discard()
                raise
        except OSError as error:
            raise WrongInput(f"{self._spool}: {error.strerror}; make it writable and free some space") from error
        return body


def client_for(
    registers: Path | None, spool: Path, headers: Mapping[str, Mapping[str, str]] | None = None
) -> FolderClient | WebClient:
    """A client of the folder of extracts where one is given, else of the web with ``spool`` for its downloads.

    Raises:
        WrongInput: the folder cannot be read.
    """
    return FolderClient(registers) if registers else WebClient(spool, headers=headers)


def strip_secrets(address: str) -> str:
    """The address without user, query and fragment, where secrets may be: fit for messages and logs."""
    with suppress(httpx.InvalidURL):
        return str(httpx.URL(address).copy_with(userinfo=b"", query=None, fragment=None))
    return "(an address that cannot be read)"


class _TemporaryFailure(Exception):
    """A request failed but may work later: a broken connection, a busy or broken server, half a body."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait


class _NotModified(Exception):
    """The register says that our copy is up to date."""


class _PermanentFailure(Exception):
    """A request failed and will not work later either."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


class _SpooledFile:
    """Opens a downloaded file, which is removed with the last reference to this object."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.discard = weakref.finalize(self, path.unlink, missing_ok=True)

    def __call__(self) -> BinaryIO:
        return self._path.open("rb")


class _Answer(NamedTuple):
    body: _SpooledFile
    etag: str | None
    last_modified: str | None


def _copy_body(response: httpx.Response, handle: int, limit: int) -> None:
    written = 0
    with open(handle, "wb") as file:
        for piece in response.iter_bytes():
            written += len(piece)
            if written > limit:
                raise _too_large(limit)
            file.write(piece)


def _too_large(limit: int) -> _PermanentFailure:
    return _PermanentFailure(
        f"larger than {limit:,} bytes", "check the address, or fetch the file by hand and give it with --from"
    )


def _retry_delay(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _TemporaryFailure) and error.wait is not None:
        return min(error.wait, LONGEST_WAIT)
    return RETRY_WAIT(state)


def _log_retry(address: str, state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    log.info("%s: %s; trying again in %.0f s", strip_secrets(address), error, state.upcoming_sleep)


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds to wait by the Retry-After header (RFC 9110, 10.2.3), a date counted from the server's own Date."""
    value = response.headers.get("retry-after", "").strip()
    if value.isdecimal():
        return float(value)
    with suppress(ValueError, TypeError):
        wait = parsedate_to_datetime(value) - parsedate_to_datetime(response.headers.get("date", ""))
        return max(0.0, wait.total_seconds())
    return None


def _checked_url(address: str) -> httpx.URL:
    """The address as a URL that may be asked: over TLS, or on this machine."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise _PermanentFailure(f"not an address ({error})", "correct it in the catalogue") from error
    if (url.scheme == "https" and url.host) or (url.scheme == "http" and url.host in LOOPBACK):
        return url
    raise _PermanentFailure("not an https address", "correct it in the catalogue")


def _redirect_url(url: httpx.URL, target: httpx.URL) -> httpx.URL:
    is_same_origin = (url.scheme, url.host, url.port) == (target.scheme, target.host, target.port)
    if target.scheme == "https" or is_same_origin:
        return target
    raise _PermanentFailure(f"redirected to {target.scheme}://{target.host}, which is not https", "correct the address")


def _error_message(address: str, reason: str, tries: int, remedy: str) -> str:
    return f"{strip_secrets(address)}: {reason} (tried {tries} time{'' if tries == 1 else 's'}); {remedy}"


def _describe_error(error: httpx.RequestError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    return " ".join(str(error).split()) or type(error).__name__
