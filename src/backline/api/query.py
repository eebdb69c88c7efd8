"""Query parameters, read strictly: what is not a good value is refused by its name.

Of repeated values the first counts, an empty value is a wrong value, and
unknown parameters are passed over.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from backline.api.services import AnyRequest
from backline.errors import InvalidInput
from backline.ids import AccountId, canonical_uuid


class Query:
    """The parameters of one request."""

    def __init__(self, request: AnyRequest) -> None:
        text = request.scope["query_string"].decode("latin-1")
        pairs = parse_qsl(text, keep_blank_values=True) if text else []
        self._values = dict(reversed(pairs))

    def text(self, name: str) -> str | None:
        """Return a non-empty text, or None when it is not there."""
        value = self._values.get(name)
        if value is None:
            return None
        if not value.strip():
            raise InvalidInput(f"{name} is empty: give a value, or leave it out", name)
        if "\x00" in value:
            # Postgres keeps no such character, so nothing can have this name.
            raise InvalidInput(f"{name} holds a zero byte: remove it", name)
        return value

    def integer(self, name: str, *, least: int, most: int, default: int) -> int:
        """Return a whole number in decimal digits, from ``least`` to ``most``."""
        value = self.text(name)
        if value is None:
            return default
        is_number = value.isascii() and value.isdigit()
        if not is_number or len(value) > 9 or not least <= int(value) <= most:
            raise InvalidInput(
                f"{name}={value!r} is not a whole number from {least} to {most}", name
            )
        return int(value)

    def boolean(self, name: str) -> bool:
        """Return whether ``true`` is said; false when nothing is."""
        value = self.text(name)
        if value not in (None, "true", "false"):
            raise InvalidInput(f"{name}={value!r} is neither true nor false", name)
        return value == "true"

    def account_id(self, name: str) -> AccountId | None:
        """Return a UUID in its usual form of 36 characters, or None when it is not there."""
        value = self.text(name)
        return None if value is None else read_account_id(value, name)


def read_account_id(value: str, name: str) -> AccountId:
    """Return a UUID in lower case. Raises ``InvalidInput`` for anything else."""
    canonical = canonical_uuid(value)
    if canonical is None or canonical != value.lower():
        raise InvalidInput(f"{name}={value[:64]!r} is not a UUID", name)
    return canonical
