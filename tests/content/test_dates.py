"""Dates as tags and callers write them, as people read them."""

from __future__ import annotations

import pytest

from backline.content.dates import readable_date


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("2026-11-28", "28 November 2026"),
        ("2026-11", "November 2026"),
        ("2026", "2026"),
        ("2026-03-01T12:00:00Z", "1 March 2026"),
        ("2026-13-01", ""),
        ("26", ""),
        ("0000", ""),
        ("soon", ""),
        ("", ""),
    ],
)
def test_as_much_as_is_known_is_written_out(given: str, read: str) -> None:
    """A day, a month, a year; nothing for what is no date."""
    assert readable_date(given) == read
