"""A cron line in plain English: ``0 9 * * 1`` is "at 09:00 on Monday"."""

from __future__ import annotations

from collections.abc import Callable

MONTHS = "January February March April May June July August September October November December"
WEEKDAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday Sunday"

_MONTHS = MONTHS.split()
_WEEKDAYS = WEEKDAYS.split()


def in_words(cron: str) -> str:
    """Return what a valid line of five fields says."""
    minute, hour, day, month, weekday = cron.split()
    days = [
        words
        for words in (
            _said(day, "day", _day, before="on "),
            _said(weekday, "weekday", _weekday, before="on "),
        )
        if words
    ]
    # As every cron has it: with both fields given, either one is enough.
    parts = [_time(minute, hour), " or ".join(days), _said(month, "month", _month, before="in ")]
    return " ".join(part for part in parts if part)


def _time(minute: str, hour: str) -> str:
    if minute.isdecimal() and all(part.isdecimal() for part in hour.split(",")):
        clocks = [f"{int(part):02d}:{int(minute):02d}" for part in hour.split(",")]
        return f"at {_joined(clocks)}"
    minutes = _said(minute, "minute", str, before="at minute ") or "every minute"
    is_single = hour.isdecimal()
    hours = _said(hour, "hour", str, before="during hour " if is_single else "during hours ")
    if not hours and not minutes.startswith("every"):
        hours = "of every hour"
    return f"{minutes} {hours}".strip()


def _said(field: str, unit: str, name: Callable[[str], str], *, before: str) -> str:
    """Return a field in words, empty for one that allows everything."""
    if field in ("*", "?"):
        return ""
    scope, _, step = field.partition("/")
    if not step:
        return before + _joined([_span(part, name) for part in field.split(",")])
    every = f"every {unit}" if step == "1" else f"every {step} {unit}s"
    if "," in field:
        return before + field
    return every if scope == "*" else f"{every} from {_span(scope, name)}"


def _span(part: str, name: Callable[[str], str]) -> str:
    first, _, last = part.partition("-")
    return f"{name(first)} to {name(last)}" if last else name(first)


def _joined(parts: list[str]) -> str:
    if len(parts) == 1:
        return parts[0]
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def _day(text: str) -> str:
    if text.lower() == "l":
        return "the last day of the month"
    return f"day {text}"


def _month(text: str) -> str:
    return _named(text, _MONTHS, first=1)


def _weekday(text: str) -> str:
    day, _, nth = text.partition("#")
    if nth:
        return f"{_weekday(day)} number {nth} of the month"
    if day[:1].lower() == "l" and len(day) > 1:
        return f"the last {_weekday(day[1:])} of the month"
    return _named(day, _WEEKDAYS, first=0)


def _named(text: str, names: list[str], *, first: int) -> str:
    if text.isdecimal():
        return names[int(text) - first]
    return next((name for name in names if name[:3].lower() == text.lower()), text)
