from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backline.clock import iso, parse_iso, stopwatch


@pytest.mark.parametrize(
    ("timestamp_ms", "text"),
    [(0, "1970-01-01T00:00:00.000Z"), (1_795_464_068_007, "2026-11-23T20:01:08.007Z")],
)
def test_times_have_milliseconds_and_z(timestamp_ms: int, text: str) -> None:
    """Every time leaves in the same form."""
    assert iso(timestamp_ms) == text


@given(st.integers(0, 4_000_000_000_000))
def test_a_time_survives_the_way_out_and_back(timestamp_ms: int) -> None:
    """Nothing is lost to rounding."""
    assert parse_iso(iso(timestamp_ms)) == timestamp_ms


@pytest.mark.parametrize(
    "text", ["2026-11-23T21:00:00+01:00", "2026-11-23T20:00:00", "20261123T200000Z"]
)
def test_other_spellings_of_a_time_are_read(text: str) -> None:
    """Zones are honoured, and none means UTC."""
    assert iso(parse_iso(text)) == "2026-11-23T20:00:00.000Z"


def test_what_is_no_time_is_refused() -> None:
    """An unreadable text is an error, not 1970."""
    with pytest.raises(ValueError, match="tomorrow"):
        parse_iso("tomorrow")


def test_a_stopwatch_does_not_run_backwards() -> None:
    """Each reading is as late as the one before or later."""
    elapsed = stopwatch()
    assert 0 <= elapsed() <= elapsed()
