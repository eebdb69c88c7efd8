"""Tasks that trigger others under keys, for workers to perform."""

from __future__ import annotations

from typing import Any

from backline import Context, Debounce, TriggerOptions, task


@task("keeps-keys")
def keeps_keys(payload: Any, ctx: Context) -> dict[str, list[str]]:
    """Trigger the same twice in each scope, and say which runs came of it."""
    return {
        scope: [ctx.trigger("hello-world", None, _keyed(scope)) for _ in range(2)]
        for scope in ("run", "attempt", "global")
    }


def _keyed(scope: Any) -> TriggerOptions:
    return TriggerOptions(idempotency_key="welcome", idempotency_key_scope=scope)


@task("debounces")
def debounces(payload: Any, ctx: Context) -> list[str]:
    """Trigger a flurry."""
    flurry = Debounce(key="flurry", delay_seconds=0.3, mode="trailing")
    return [
        ctx.trigger("hello-world", number, TriggerOptions(debounce=flurry)) for number in range(3)
    ]


@task("shares-a-child")
def shares_a_child(payload: Any, ctx: Context) -> dict[str, Any]:
    """Wait for a run that somebody else may have triggered, and for one run twice."""
    shared = TriggerOptions(idempotency_key="shared", idempotency_key_scope="global")
    child = ctx.trigger_and_wait("sleep", {"seconds": 1.5}, shared)
    own = TriggerOptions(idempotency_key="own")
    twice = ctx.batch_trigger_and_wait("hello-world", ["a", "b"], own)
    return {
        "child": child.id,
        "slept": child.output,
        "twice": [[result.id, result.output] for result in twice],
    }


@task("locks")
def locks(payload: Any, ctx: Context) -> str:
    """Trigger a run that only another version may take, under a key that is soon forgotten."""
    options = TriggerOptions(
        lock_to_version="v0", idempotency_key="brief", idempotency_key_ttl_seconds=60
    )
    return ctx.trigger("hello-world", None, options)
