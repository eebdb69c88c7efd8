"""When a song comes out, as a person reads it: ``2026-11-28`` becomes "28 November 2026"."""

from __future__ import annotations

import re

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?!\d)")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip


def readable_date(text: str) -> str:
    """Return a year, a month or a day, written out; empty for what is no date.

    ``text`` is as much of YYYY-MM-DD as is known, as tags hold it; a time of day
    after it is passed over.
    """
    found = _DATE.match(text.strip())
    if found is None:
        return ""
    year, month, day = (int(part) if part else 0 for part in found.groups())
    if year < 1000 or month > 12 or day > 31:
        return ""
    parts = (str(day) if day and month else "", _MONTHS[month - 1] if month else "", str(year))
    return " ".join(filter(None, parts))
