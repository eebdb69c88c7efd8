"""The options of an order, checked one by one, as what a new run is made with."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from backline.api.bodies import require_visible
from backline.clock import TimestampMs, now_ms, parse_duration_seconds, parse_iso
from backline.errors import InvalidInput
from backline.sdk import MACHINES, Debounce
from backline.sdk.tags import ACCOUNT_TAG_PREFIX
from backline.wire.orders import DebounceOrder, TriggerOptions

T = TypeVar("T")
V = TypeVar("V")

FARTHEST_SECONDS = 10 * 365 * 24 * 3600
"""Ten years: nothing is delayed or remembered for longer."""


def chosen(options: TriggerOptions, at: str = "options") -> dict[str, Any]:
    """Return what the options say, as fields of ``NewRun``; what they leave open is left out.

    ``at`` is where they stand in the body. Raises ``InvalidInput`` naming the option.
    """
    fields = {
        "delay_until": _map(options.delay, partial(_to_come, field=f"{at}.delay")),
        "ttl_seconds": _map(options.ttl, partial(read_seconds, field=f"{at}.ttl")),
        "idempotency_key": _visible(options.idempotency_key, f"{at}.idempotencyKey"),
        "idempotency_key_ttl_seconds": _map(
            options.idempotency_key_ttl, partial(read_seconds, field=f"{at}.idempotencyKeyTTL")
        ),
        "debounce": _map(options.debounce, partial(_debounce, options=options, at=at)),
        "tags": _map(options.tags, partial(_checked_tags, field=f"{at}.tags")),
        "metadata": options.metadata,
        "queue": _visible(options.queue, f"{at}.queue"),
        "concurrency_key": _visible(options.concurrency_key, f"{at}.concurrencyKey"),
        "priority_seconds": options.priority,
        "machine": _map(options.machine, partial(_machine, field=f"{at}.machine")),
        "max_attempts": options.max_attempts,
        "max_duration_seconds": options.max_duration,
        "locked_version": _visible(options.lock_to_version, f"{at}.lockToVersion"),
        "is_test": options.test,
    }
    return {name: value for name, value in fields.items() if value is not None}


def read_delay(text: str, field: str) -> TimestampMs:
    """Return the moment that a delay means: so long from now, or a date.

    Raises ``InvalidInput`` for what is neither, or lies more than ten years ahead.
    """
    now = now_ms()
    try:
        due_at = now + 1000 * parse_duration_seconds(text)
    except ValueError:
        due_at = read_date(text, field)
    if due_at > now + FARTHEST_SECONDS * 1000:
        raise InvalidInput(f"{field}: {text[:40]!r} is more than ten years ahead", field)
    return max(due_at, now)


def _debounce(order: DebounceOrder, options: TriggerOptions, at: str) -> Debounce:
    if options.delay is not None:
        raise InvalidInput(
            f"{at}.delay: debounce has a delay of its own, so leave this one out", f"{at}.delay"
        )
    longest = _map(order.max_delay, partial(read_seconds, field=f"{at}.debounce.maxDelay"))
    delay_seconds = read_seconds(order.delay, f"{at}.debounce.delay")
    if longest is not None and longest < delay_seconds:
        raise InvalidInput(
            f"{at}.debounce.maxDelay: {order.max_delay!r} is shorter than the delay itself",
            f"{at}.debounce.maxDelay",
        )
    return Debounce(
        key=require_visible(order.key, f"{at}.debounce.key"),
        delay_seconds=delay_seconds,
        mode=order.mode,
        max_delay_seconds=longest,
    )


def _to_come(delay: str, field: str) -> TimestampMs | None:
    due_at = read_delay(delay, field)
    return due_at if due_at > now_ms() else None


def read_date(text: str, field: str) -> TimestampMs:
    """Return the moment of an ISO 8601 date. Raises ``InvalidInput`` naming the field."""
    try:
        return parse_iso(text)
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"{field}: {text[:40]!r} is neither a duration such as 45s, 10m or 1h30m"
            " nor an ISO 8601 date",
            field,
        ) from None


def read_seconds(duration: str | int, field: str) -> int:
    """Return the seconds of a duration, or of a number. Raises ``InvalidInput`` naming the field."""
    if isinstance(duration, int):
        return duration
    try:
        seconds = parse_duration_seconds(duration)
    except ValueError as misfit:
        raise InvalidInput(f"{field}: {misfit}", field) from None
    if not 1 <= seconds <= FARTHEST_SECONDS:
        raise InvalidInput(f"{field}: {duration!r} is not between 1s and ten years", field)
    return seconds


def _checked_tags(tags: list[str], field: str) -> tuple[str, ...]:
    for tag in tags:
        if require_visible(tag, field).startswith(ACCOUNT_TAG_PREFIX):
            raise InvalidInput(
                f"{field}: {tag!r} begins with {ACCOUNT_TAG_PREFIX!r}, which backline sets itself",
                field,
            )
    return tuple(dict.fromkeys(tags))


def _machine(name: str, field: str) -> str:
    if name not in MACHINES:
        known = ", ".join(MACHINES)
        raise InvalidInput(f"{field}: there is no machine {name!r}; use one of {known}", field)
    return name


def _visible(text: str | None, field: str) -> str | None:
    return None if text is None else require_visible(text, field)


def _map(value: T | None, read: Callable[[T], V]) -> V | None:
    return None if value is None else read(value)
