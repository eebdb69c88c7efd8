"""A schedule in code checks itself."""

from __future__ import annotations

from typing import Any

import pytest

from backline import Context, Cron, task
from backline.errors import InvalidInput


@pytest.mark.parametrize(
    ("cron", "timezone", "field", "told"),
    [
        ("* * * *", "UTC", "cron", "has 4 fields"),
        ("* * * * * *", "UTC", "cron", "has 6 fields"),
        ("@daily", "UTC", "cron", "has 1 fields"),
        ("61 * * * *", "UTC", "cron", "'61' is no minute"),
        ("0 25 * * *", "UTC", "cron", "'25' is no hour"),
        ("0 0 32 * *", "UTC", "cron", "'32' is no day"),
        ("0 0 1 13 *", "UTC", "cron", "'13' is no month"),
        ("0 0 * * someday", "UTC", "cron", "'someday' is no weekday"),
        ("R * * * *", "UTC", "cron", "'R' is no minute"),
        ("0 H(1-5) * * *", "UTC", "cron", "'H(1-5)' is no hour"),
        ("0 0 31 2 *", "UTC", "cron", "never comes"),
        ("0 9 * * *", "Mars/Olympus", "timezone", "'Mars/Olympus'"),
        ("0 9 * * *", "../etc/passwd", "timezone", "Europe/Berlin"),
        ("0 9 * * *", "", "timezone", "IANA"),
    ],
)
def test_what_can_not_be_is_refused(cron: str, timezone: str, field: str, told: str) -> None:
    """The error names the field, and the part of the line."""
    with pytest.raises(InvalidInput) as refusal:
        Cron(cron, timezone)
    assert refusal.value.field == field
    assert told in str(refusal.value)


@pytest.mark.parametrize(
    "cron",
    ["*/5 9-17 * * mon-fri", "0 0 L * *", "0 0 29 2 *", "0,30 * 1-7 jan,JUL 7", "0 0 * * 1#2"],
)
def test_what_every_crontab_knows_is_taken(cron: str) -> None:
    """Steps, ranges, lists, names, the last day, leap days."""
    assert Cron(cron).expression == cron


def test_a_task_may_say_its_line_alone_or_with_a_zone() -> None:
    """A text is read in UTC."""

    @task("cron-in-utc", cron="0 9 * * 1")
    def in_utc(payload: Any, ctx: Context) -> None: ...

    @task("cron-in-berlin", cron=Cron("0 9 * * 1", timezone="Europe/Berlin"))
    def in_berlin(payload: Any, ctx: Context) -> None: ...

    assert in_utc.facts.cron == Cron("0 9 * * 1", "UTC")
    assert in_berlin.facts.cron == Cron("0 9 * * 1", "Europe/Berlin")
