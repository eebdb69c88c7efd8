"""What a video costs, before it is made."""

from __future__ import annotations

import msgspec

TYPICAL_ACTIVE_SECONDS = 30.0
"""Active time of one 15 s video: about 10 s on two free cores, three times that on busy ones."""


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator charges, all 0 unless set."""

    cents_per_second: float
    """For a second of active time."""
    cents_per_run: float


def video_cents(rates: Rates, active_seconds: float = TYPICAL_ACTIVE_SECONDS) -> float:
    """Return the cents that one video is billed at: the flat fee, and its active time."""
    return rates.cents_per_run + rates.cents_per_second * active_seconds
