"""Three tasks that show a run's three ends: it returns, it takes its time, it fails."""

from __future__ import annotations

import time
from typing import Annotated, Any

import msgspec

from backline import Context, task

LONGEST_NAP_SECONDS = 24 * 3600


@task("hello-world")
def hello_world(payload: Any, ctx: Context) -> dict[str, Any]:
    """Return the payload, so that one can see it went there and back."""
    ctx.log("hello from backline")
    return {"echo": payload}


class Nap(msgspec.Struct, frozen=True):
    """How long to sleep."""

    seconds: Annotated[float, msgspec.Meta(ge=0, le=LONGEST_NAP_SECONDS)] = 1.0


@task("sleep")
def sleep(payload: Nap, ctx: Context) -> dict[str, float]:
    """Sleep in short naps, reporting progress after each, so that it can be interrupted."""
    deadline = time.monotonic() + payload.seconds
    while (left := deadline - time.monotonic()) > 0:
        ctx.metadata.set("progress", round(1 - left / payload.seconds, 3))
        time.sleep(min(left, 0.25))
    ctx.metadata.set("progress", 1.0)
    return {"slept": payload.seconds}


class MeantToFail(Exception):
    """Raised by ``always-fails``, as its name says."""


@task("always-fails")
def always_fails(payload: Any, ctx: Context) -> None:
    """Fail, so that one can see what a failed run looks like."""
    ctx.log("about to fail")
    raise MeantToFail(f"this task always fails; its payload was {payload!r}")
