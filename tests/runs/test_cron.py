from __future__ import annotations

import pytest

from backline.clock import iso, parse_iso
from backline.runs.cron import fires, next_fire


def times(cron: str, timezone: str, after: str, count: int) -> list[str]:
    return [iso(moment)[:16] for moment in fires(cron, timezone, parse_iso(after), count)]


@pytest.mark.parametrize(
    ("cron", "timezone", "after", "expected"),
    [
        ("0 9 * * *", "UTC", "2026-11-23T08:00Z", ["2026-11-23T09:00", "2026-11-24T09:00"]),
        ("0 9 * * *", "UTC", "2026-11-23T09:00Z", ["2026-11-24T09:00", "2026-11-25T09:00"]),
        (
            "0 9 * * *",
            "America/New_York",
            "2026-11-23T00:00Z",
            ["2026-11-23T14:00", "2026-11-24T14:00"],
        ),
        ("*/15 * * * *", "UTC", "2026-11-23T08:07Z", ["2026-11-23T08:15", "2026-11-23T08:30"]),
        ("0 0 1 * *", "UTC", "2026-11-23T00:00Z", ["2026-12-01T00:00", "2027-01-01T00:00"]),
        ("0 0 29 2 *", "UTC", "2026-11-23T00:00Z", ["2028-02-29T00:00", "2032-02-29T00:00"]),
        (
            "30 17 * * 5",
            "Asia/Kolkata",
            "2026-11-23T00:00Z",
            ["2026-11-27T12:00", "2026-12-04T12:00"],
        ),
    ],
)
def test_ordinary_days(cron: str, timezone: str, after: str, expected: list[str]) -> None:
    """Fields mean what they mean everywhere, by the zone's clock."""
    assert times(cron, timezone, after, 2) == expected


def test_a_morning_stays_a_morning_when_clocks_change() -> None:
    """Nine in Berlin is nine in Berlin, before and after both changes."""
    spring = times("0 9 * * *", "Europe/Berlin", "2026-03-28T00:00Z", 3)
    assert spring == ["2026-03-28T08:00", "2026-03-29T07:00", "2026-03-30T07:00"]
    autumn = times("0 9 * * *", "Europe/Berlin", "2026-10-24T00:00Z", 3)
    assert autumn == ["2026-10-24T07:00", "2026-10-25T08:00", "2026-10-26T08:00"]


def test_an_hour_that_does_not_exist_fires_after_the_jump() -> None:
    """At half past two in the night without one, it is three."""
    nights = times("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00Z", 3)
    assert nights == ["2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"]


def test_an_hour_that_comes_twice_fires_once() -> None:
    """At half past two in the long night, the first of both."""
    nights = times("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00Z", 2)
    assert nights == ["2026-10-25T00:30", "2026-10-26T01:30"]


def test_every_half_hour_goes_on_through_both_nights() -> None:
    """What counts minutes neither pauses nor doubles."""
    autumn = times("*/30 * * * *", "Europe/Berlin", "2026-10-24T23:45Z", 6)
    assert autumn == [
        f"2026-10-25T0{hour}:{minute}" for hour in (0, 1, 2) for minute in ("00", "30")
    ]
    spring = times("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:15Z", 4)
    assert spring == [
        "2026-03-29T00:30",
        "2026-03-29T01:00",
        "2026-03-29T01:30",
        "2026-03-29T02:00",
    ]


def test_the_next_fire_is_later_than_the_last() -> None:
    """Fire by fire, over a year of two changes, time moves on."""
    moment = parse_iso("2026-01-01T00:00Z")
    for _ in range(400):
        following = next_fire("15 2 * * *", "America/New_York", moment)
        assert moment < following <= moment + 25 * 3600 * 1000
        moment = following
