"""Forms with files (multipart/form-data), read piece by piece as they arrive."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator

from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
)

from backline.api.services import AnyRequest
from backline.errors import InvalidInput, TooLarge, UnsupportedType

MAX_PARTS = 50
MAX_FIELD_BYTES = 4096

_Events = AsyncGenerator[MultipartSegment | bytes | None, None]


class Part:
    """One part of a form. Its bytes must be read before the next part is asked for, or are lost."""

    def __init__(self, segment: MultipartSegment, events: _Events) -> None:
        self.name: str = segment.name or ""
        self.file_name: str | None = segment.filename
        """None for a plain field."""
        self._events = events

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the bytes of the part as they come."""
        async for event in self._events:
            if not isinstance(event, bytes | bytearray):
                return
            yield bytes(event)

    async def text(self) -> str:
        """Return a plain field. Raises ``InvalidInput`` when it is too long or no text."""
        value = bytearray()
        async for chunk in self.chunks():
            value += chunk
            if len(value) > MAX_FIELD_BYTES:
                raise InvalidInput(f"{self.name} is longer than {MAX_FIELD_BYTES} bytes", self.name)
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise InvalidInput(f"{self.name} is not UTF-8 text", self.name) from None


async def parts_of(request: AnyRequest) -> AsyncIterator[Part]:
    """Yield the parts of a form in the order in which they were sent.

    Raises ``UnsupportedType`` when the body is no form, ``InvalidInput`` when
    it breaks off or is malformed, ``TooLarge`` for too many parts.
    """
    media_type, options = request.content_type
    if media_type != "multipart/form-data" or not options.get("boundary"):
        raise UnsupportedType("Send multipart/form-data with the file in a part named file")
    events = _events(request, options["boundary"])
    async for event in events:
        if isinstance(event, MultipartSegment):
            yield Part(event, events)


async def _events(request: AnyRequest, boundary: str) -> _Events:
    try:
        with PushMultipartParser(boundary, max_segment_count=MAX_PARTS) as parser:
            async for chunk in request.stream():
                if chunk and not parser.closed:
                    for event in parser.parse(chunk):
                        yield event
    except ParserLimitReached:
        raise TooLarge(
            f"The form has more than {MAX_PARTS} parts, or a part's head is too long"
        ) from None
    except MultipartError as problem:
        raise InvalidInput(f"The form is malformed or breaks off: {problem}") from None
