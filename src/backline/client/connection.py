"""The wire between a client and its server: requests out, values or errors back.

Reads are tried again when the line breaks, since asking twice changes nothing;
everything else is sent once. Keys go into one header and nowhere else.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx
import msgspec

from backline.errors import (
    AccessDenied,
    BacklineError,
    Conflict,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    SetupError,
    TooLarge,
    UnsupportedType,
)

T = TypeVar("T")

READ_TRIES = 4
FIRST_PAUSE_SECONDS = 0.25
"""The pause doubles after each broken read: 0.25, 0.5 and 1 second, under two in all."""
TIMEOUT = httpx.Timeout(60.0, connect=5.0)
"""Seconds; an upload's answer may take a while, a connection may not."""

_BUSY = frozenset({502, 503, 504})
"""Codes by which a proxy says that the server behind it is not there just now."""
_ERRORS: dict[int, type[BacklineError]] = {
    401: NotAuthenticated,
    403: AccessDenied,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    415: UnsupportedType,
}


class _Refusal(msgspec.Struct, frozen=True):
    error: Any = None
    message: Any = None
    field: Any = None


class Connection:
    """Speaks JSON to one server as one caller."""

    def __init__(self, url: str, api_key: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise SetupError(f"server URL {url!r} is neither http:// nor https://")
        self.url = url.rstrip("/")
        self._http = httpx.Client(timeout=TIMEOUT)
        self._headers = {"x-api-key": api_key}

    def get(self, path: str, kind: type[T], params: Mapping[str, str | int] | None = None) -> T:
        """Read ``path`` as ``kind``; what the line or a proxy breaks is tried again."""
        return _read(self._get_patiently(path, params), kind)

    def patch(self, path: str, kind: type[T], body: object) -> T | None:
        """Send a JSON body that changes something; the answer may be null."""
        return _read(self._send("PATCH", path, body), kind | None)  # type: ignore[arg-type]

    def delete(self, path: str, kind: type[T]) -> T:
        """Remove what stands at ``path``, and read the answer as ``kind``."""
        with self._line():
            answer = self._http.delete(self.url + path, headers=self._headers)
        return _read(answer, kind)

    def post(self, path: str, kind: type[T], body: object) -> T:
        """Send a JSON body and read the answer as ``kind``."""
        return _read(self._send("POST", path, body), kind)

    def _send(self, method: str, path: str, body: object) -> httpx.Response:
        headers = self._headers | {"content-type": "application/json"}
        content = msgspec.json.encode(body)
        with self._line():
            return self._http.request(method, self.url + path, content=content, headers=headers)

    def post_form(
        self, path: str, kind: type[T], *, files: Mapping[str, Any], fields: Mapping[str, str]
    ) -> T:
        """Send a form with files, which are streamed, and read the answer as ``kind``."""
        with self._line():
            answer = self._http.post(
                self.url + path, files=files, data=dict(fields), headers=self._headers
            )
        return _read(answer, kind)

    @contextmanager
    def stream(self, url: str) -> Iterator[Iterator[bytes]]:
        """Open a link that needs no credentials, and give its bytes piece by piece."""
        with self._line(), self._http.stream("GET", url, follow_redirects=True) as answer:
            if answer.status_code != 200:
                answer.read()
                raise _refusal(answer)
            yield answer.iter_bytes(1 << 20)

    @contextmanager
    def follow(self, path: str, params: Mapping[str, str | int]) -> Iterator[Iterator[str]]:
        """Open a stream of events, and give its lines as they come."""
        url = self.url + path
        with (
            self._line(),
            self._http.stream("GET", url, params=params, headers=self._headers) as answer,
        ):
            if answer.status_code != 200:
                answer.read()
                raise _refusal(answer)
            yield answer.iter_lines()

    def answers(self, path: str) -> bool:
        """Say, after one short try, whether ``path`` can be read."""
        try:
            answer = self._http.get(self.url + path, headers=self._headers, timeout=2.0)
        except httpx.TransportError:
            return False
        return answer.status_code == 200

    def close(self) -> None:
        self._http.close()

    def _get_patiently(self, path: str, params: Mapping[str, str | int] | None) -> httpx.Response:
        pause_seconds = FIRST_PAUSE_SECONDS
        for tries_left in reversed(range(READ_TRIES)):
            try:
                answer = self._http.get(self.url + path, params=params, headers=self._headers)
                if answer.status_code not in _BUSY or not tries_left:
                    return answer
            except httpx.TransportError as broken:
                if not tries_left:
                    raise self._silent(broken) from broken
            time.sleep(pause_seconds)
            pause_seconds *= 2
        raise AssertionError("the last try returns or raises")

    @contextmanager
    def _line(self) -> Iterator[None]:
        try:
            yield
        except httpx.TransportError as broken:
            raise self._silent(broken) from broken

    def _silent(self, broken: httpx.TransportError) -> SetupError:
        return SetupError(
            f"no answer from {self.url} ({type(broken).__name__}): start a server with"
            " `backline dev`, or set BACKLINE_URL to one that runs"
        )


def _read(answer: httpx.Response, kind: type[T]) -> T:
    if not answer.is_success:
        raise _refusal(answer)
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except msgspec.DecodeError as misfit:
        raise BacklineError(
            f"{_name(answer)} did not answer as a backline server would ({misfit}):"
            " look whether BACKLINE_URL points at one"
        ) from misfit


def _refusal(answer: httpx.Response) -> BacklineError:
    """Turn an answer that is no success into the error it stands for, in the server's words."""
    said = _said(answer)
    text = said.error or said.message or f"{_name(answer)} answered {answer.status_code}"
    if answer.status_code in (400, 422):
        return InvalidInput(str(text), field=said.field if isinstance(said.field, str) else None)
    return _ERRORS.get(answer.status_code, BacklineError)(str(text))


def _said(answer: httpx.Response) -> _Refusal:
    try:
        return msgspec.json.decode(answer.content, type=_Refusal)
    except msgspec.DecodeError:
        return _Refusal()


def _name(answer: httpx.Response) -> str:
    """Name a request without its query, in which a link's signature would stand."""
    url = answer.request.url
    return f"{answer.request.method} {url.scheme}://{url.netloc.decode()}{url.path}"
