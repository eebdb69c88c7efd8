"""The line to one service: asks over HTTP, and believes nothing it cannot check.

No answer is longer than its limit or takes longer than its time, redirects are
not followed (a key goes to nobody but the service), and what a service says of
an error is cut short, freed of control characters and of the key.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec

from backline.clock import now_ms
from backline.errors import AbortRun, FetchError, RetryLater
from backline.fetch import fetch
from backline.mime import EXTENSIONS, SNIFF_BYTES, is_accepted, sniff

MAX_JSON_BYTES = 1024**2
_NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_MAX_ERROR_BYTES = 16 * 1024
_MAX_REASON_LENGTH = 200
_SECONDS = 30.0
"""How long an answer may take that is not told to take longer."""
_CONNECT_SECONDS = 10.0
_AGAIN_SECONDS, _LONGEST_AGAIN_SECONDS = 2.0, 60.0
_FETCH_SECONDS = 45.0


class Line:
    """A service's address, and the key to it."""

    def __init__(self, service: str, url: str, authorization: str, key: str) -> None:
        self.service = service
        self._url = url
        self._key = key
        self._headers = {"Authorization": authorization} if key else {}
        self._client = httpx.Client(
            headers={"User-Agent": "backline", "Accept-Encoding": "identity"},
            # A kept connection may be closed just as a job is handed in, which may not be done twice.
            limits=httpx.Limits(max_keepalive_connections=0),
            trust_env=False,
        )

    def ask(
        self,
        method: str,
        path: str,
        *,
        seconds: float | None = None,
        max_bytes: int = MAX_JSON_BYTES,
        **content: Any,
    ) -> Any:
        """Return the JSON that the service answers with.

        Raises ``RetryLater`` for 408, 425, 429, 5xx and a line that breaks,
        ``AbortRun`` for any other refusal and for an answer that makes no sense.
        """
        body = self._exchange(
            method,
            self._url + path,
            seconds or _SECONDS,
            max_bytes,
            headers=self._headers,
            **content,
        )
        try:
            return msgspec.json.decode(body)
        except _NOT_JSON:
            raise AbortRun(f"{self.service} answered with something that is not JSON") from None

    def bring(self, url: object, folder: Path, *, accept: str, max_bytes: int) -> Path:
        """Download what a service made. Any host that is not the service's own must be a public one."""
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            raise AbortRun(f"{self.service} named no file that can be fetched")
        if _origin(url) == _origin(self._url):
            # The key is for questions; a file is fetched as anybody would.
            data = self._exchange("GET", url, _FETCH_SECONDS, max_bytes)
            return self.keep(data, folder, accept=accept)
        try:
            return fetch(
                url, folder, max_bytes=max_bytes, accept=[accept], timeout_seconds=_FETCH_SECONDS
            ).path
        except FetchError as refusal:
            raise AbortRun(f"what {self.service} made could not be fetched: {refusal}") from None

    def keep(self, data: bytes, folder: Path, *, accept: str) -> Path:
        """Write bytes that came with an answer to a file, if they are what they should be."""
        mime_type = sniff(data[:SNIFF_BYTES]) or "unknown"
        if not is_accepted(mime_type, [accept]):
            raise AbortRun(f"{self.service} sent content of type {mime_type}; wanted {accept}")
        path = folder / f"made{EXTENSIONS[mime_type]}"
        path.write_bytes(data)
        return path

    def _exchange(
        self, method: str, url: str, seconds: float, max_bytes: int, **content: Any
    ) -> bytes:
        """Return the body of a good answer, if it comes whole within the time."""
        ends_at = time.monotonic() + seconds
        patience = httpx.Timeout(seconds, connect=_CONNECT_SECONDS)
        with (
            self._explaining(),
            self._client.stream(method, url, timeout=patience, **content) as answer,
        ):
            if not answer.is_success:
                raise self._refusal(answer)
            return self._read(answer, max_bytes, ends_at)

    def _read(self, answer: httpx.Response, max_bytes: int, ends_at: float) -> bytes:
        data = bytearray()
        for chunk in answer.iter_bytes():
            data += chunk
            if len(data) > max_bytes:
                raise AbortRun(
                    f"{self.service} answered with more than {max_bytes / 1024**2:g} MiB"
                )
            if time.monotonic() > ends_at:
                raise RetryLater(
                    f"{self.service} took too long to answer", after_seconds=_AGAIN_SECONDS
                )
        return bytes(data)

    def _refusal(self, answer: httpx.Response) -> AbortRun | RetryLater:
        status = answer.status_code
        if status in (401, 403):
            # Services repeat the key, or most of it, in these; nothing of that is passed on.
            return AbortRun(
                f"{self.service} refused the key ({status}): check it and what it may do"
            )
        reason = f"{self.service} answered {status}{self._reason(answer)}"
        if status in (408, 425, 429) or status >= 500:
            return RetryLater(reason, after_seconds=_patience(answer.headers))
        return AbortRun(reason)

    def _reason(self, answer: httpx.Response) -> str:
        try:
            body = self._read(answer, _MAX_ERROR_BYTES, time.monotonic() + 5)
        except (AbortRun, RetryLater, httpx.HTTPError):
            return ""
        text = _told(body).replace(self._key, "…") if self._key else _told(body)
        visible = "".join(char if char.isprintable() else " " for char in text)
        words = " ".join(visible.split())
        return f": {words[:_MAX_REASON_LENGTH]}" if words else ""

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        """Turn a line that breaks into an error of ours, without the address: it may hold a secret."""
        try:
            yield
        except httpx.TimeoutException:
            raise RetryLater(
                f"{self.service} did not answer in time", after_seconds=_AGAIN_SECONDS
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL) as broken:
            raise RetryLater(
                f"{self.service} could not be reached ({type(broken).__name__})",
                after_seconds=_AGAIN_SECONDS,
            ) from None


def _told(body: bytes) -> str:
    """Return what an error's body says: fal writes ``detail``, OpenAI ``error.message``."""
    try:
        told = msgspec.json.decode(body)
    except _NOT_JSON:
        return ""
    for name in ("error", "detail", "message", "msg"):
        while isinstance(told, list) and told:
            told = told[0]
        if isinstance(told, dict) and name in told:
            told = told[name]
    while isinstance(told, list) and told:
        told = told[0]
    if isinstance(told, dict):
        told = told.get("msg", "")
    return told if isinstance(told, str) else ""


def _patience(headers: Mapping[str, str]) -> float:
    """Return how long to wait by ``Retry-After``, in seconds or as a date; two seconds when it is silent."""
    told = headers.get("retry-after", "").strip()
    seconds = _AGAIN_SECONDS
    if told.isdecimal() and len(told) < 9:
        seconds = float(told)
    elif told:
        with suppress(ValueError):
            seconds = parsedate_to_datetime(told).timestamp() - now_ms() / 1000
    return min(max(seconds, 0.1), _LONGEST_AGAIN_SECONDS)


def _origin(url: str) -> tuple[str, str, int | None]:
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        return "", "", None
    return address.scheme, address.host, address.port
