"""The names of things: prefixed, time-ordered, unguessable enough.

A run is ``run_`` and a lower-case ULID (48 bits of milliseconds, 80 random
bits, Crockford base 32), so ids sort by age and an account's newest runs are
one index range. Accounts of every kind share one id space of UUIDs.
"""

from __future__ import annotations

import secrets
import threading
import uuid

from backline.clock import TimestampMs, now_ms

RunId = str
AttemptId = str
FileId = str
AccountId = str

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


_order = threading.Lock()
_newest = 0


def _ulid(timestamp_ms: TimestampMs) -> str:
    """Draw a number that is larger than every earlier one of this process in the same millisecond."""
    global _newest
    with _order:
        number = (timestamp_ms << 80) | secrets.randbits(79)
        if _newest >> 80 == timestamp_ms:
            number = _newest + 1 + secrets.randbits(48)
        _newest = number
    return _written(number)


def _written(number: int) -> str:
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


def new_id(prefix: str, timestamp_ms: TimestampMs | None = None) -> str:
    """Make an id such as ``run_01jd…``: the prefix, ``_`` and 26 characters."""
    return f"{prefix}_{_ulid(now_ms() if timestamp_ms is None else timestamp_ms)}"


def earliest_id(prefix: str, timestamp_ms: TimestampMs) -> str:
    """Return the least id that `new_id` could make at a moment: a border between earlier and later."""
    number = max(0, timestamp_ms) << 80
    return f"{prefix}_{_written(number)}"


def new_account_id() -> AccountId:
    """Make the id of a person, artist or organization: a random UUID."""
    return str(uuid.uuid4())


def canonical_uuid(text: str) -> str | None:
    """Return the UUID in its 36-character lower-case form, or None if it is not one."""
    if len(text) != 36:
        return None
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return None
