"""More tasks with larger payloads than one message over the control socket could name."""

from __future__ import annotations

from typing import Any

import msgspec

from backline import Context, task

COUNT = 60


def define(number: int) -> None:
    """Announce a task whose payload has a schema of some ten thousand characters."""
    fields = [(f"field_{place:03d}_{'x' * 60}", str) for place in range(100)]
    payload = msgspec.defstruct(f"Payload{number}", fields)

    def perform(order: Any, ctx: Context) -> None:
        """Do nothing."""

    perform.__annotations__["order"] = payload
    perform.__qualname__ = f"perform_{number}"
    task(f"many-{number}")(perform)


for number in range(COUNT):
    define(number)
