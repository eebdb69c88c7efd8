"""Request bodies: JSON into a Struct of the wire, or a refusal that names the field."""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

from backline.api.services import AnyRequest
from backline.errors import InvalidInput, UnsupportedType

T = TypeVar("T")

_AT_PATH = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_NAMED_FIELD = re.compile(
    r"^Object (?P<what>contains unknown|missing required) field `(?P<name>.*)`"
)


async def read_json(request: AnyRequest, shape: type[T]) -> T:
    """Read a JSON body as ``shape``.

    Raises ``UnsupportedType`` for a body that says it is something else,
    ``InvalidInput`` naming the field for one that does not fit.
    """
    media_type = request.content_type[0]
    if media_type and media_type != "application/json" and not media_type.endswith("+json"):
        raise UnsupportedType(f"A body of type {media_type!r} is not taken: send application/json")
    return decode(await request.body(), shape)


async def read_json_or(request: AnyRequest, default: T) -> T:
    """Read a JSON body of the default's shape; no body at all is the default."""
    return await read_json(request, type(default)) if await request.body() else default


def decode(body: bytes, shape: type[T]) -> T:
    """Decode JSON as ``shape``. Raises ``InvalidInput``."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as problem:
        raise _misfit(str(problem)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise InvalidInput(f"The body is not JSON: {problem}") from None
    except RecursionError:
        raise InvalidInput("The body is nested too deeply") from None


def require_visible(text: str, field: str) -> str:
    """Return the text if no control character is in it. Raises ``InvalidInput``."""
    if any(character < " " or character == "\x7f" for character in text):
        raise InvalidInput(f"{field} holds control characters: remove them", field)
    return text


def _misfit(message: str) -> InvalidInput:
    """Say in which field a body does not fit, from msgspec's message, which ends in its path."""
    found = _AT_PATH.search(message)
    path = found["path"] if found else ""
    message = _AT_PATH.sub("", message)
    named = _NAMED_FIELD.match(message)
    if named is None:
        return InvalidInput(f"{path}: {message}" if path else message, path or None)
    field = f"{path}.{named['name']}" if path else named["name"]
    if named["what"] == "missing required":
        return InvalidInput(f"{field} is missing", field)
    return InvalidInput(f"{field} is not supported here: leave it out", field)
