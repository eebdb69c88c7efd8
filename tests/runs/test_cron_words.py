"""A cron line read aloud."""

from __future__ import annotations

import pytest

from backline.runs.cron_words import in_words


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("* * * * *", "every minute"),
        ("*/15 * * * *", "every 15 minutes"),
        ("0 * * * *", "at minute 0 of every hour"),
        ("0,30 * * * *", "at minute 0 and 30 of every hour"),
        ("0 9 * * *", "at 09:00"),
        ("30 9,17 * * *", "at 09:30 and 17:30"),
        ("0 9 * * 1", "at 09:00 on Monday"),
        ("0 9 * * mon-FRI", "at 09:00 on Monday to Friday"),
        ("0 9 * * 7", "at 09:00 on Sunday"),
        ("0 9 1 * *", "at 09:00 on day 1"),
        ("0 9 1 * 1", "at 09:00 on day 1 or on Monday"),
        ("0 0 L * *", "at 00:00 on the last day of the month"),
        ("0 0 * * 1#2", "at 00:00 on Monday number 2 of the month"),
        ("0 0 * * L5", "at 00:00 on the last Friday of the month"),
        ("0 0 * jan,7 *", "at 00:00 in January and July"),
        ("*/5 9-17 * * *", "every 5 minutes during hours 9 to 17"),
        ("* 3 * * *", "every minute during hour 3"),
        ("5 */2 * * *", "at minute 5 every 2 hours"),
    ],
)
def test_a_line_is_said_in_english(cron: str, said: str) -> None:
    """Fit for a person who never saw a crontab."""
    assert in_words(cron) == said
