"""Trigger: ask for any task by name."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from cyclopts import Parameter, validators

from backline.cli.follow import follow
from backline.cli.options import Data, Json, Payload, read_json
from backline.cli.reach import open_client
from backline.cli.render import show, show_json
from backline.cli.runs import describe, exit_code


def trigger(
    task: Annotated[str, Parameter(help="Name of the task, such as hello-world.")],
    /,
    *,
    payload: Payload = None,
    tag: Annotated[
        tuple[str, ...],
        Parameter(
            help="A tag for the run; may be given up to 10 times.", negative="", show_default=False
        ),
    ] = (),
    idempotency_key: Annotated[
        str | None,
        Parameter(help="A second trigger with the same key gives the first one's run."),
    ] = None,
    key_ttl: Annotated[
        str | None, Parameter(help="How long the key is remembered, such as 1h. Default: 30d.")
    ] = None,
    scope: Annotated[
        Literal["global", "run", "attempt"],
        Parameter(help="Within what the key counts: your account, the parent run, its attempt."),
    ] = "global",
    parent: Annotated[
        str | None, Parameter(help="Id of the run on whose behalf this one is made.")
    ] = None,
    debounce: Annotated[
        str | None,
        Parameter(help="Triggers of this key become one run, which starts when they have stopped."),
    ] = None,
    debounce_delay: Annotated[
        str, Parameter(help="How long after the last of them it starts, such as 10s.")
    ] = "10s",
    debounce_mode: Annotated[
        Literal["leading", "trailing"],
        Parameter(help="Whose payload counts: the first trigger's or the last one's."),
    ] = "leading",
    debounce_max_delay: Annotated[
        str | None, Parameter(help="The longest that they push it back. Default: no limit.")
    ] = None,
    delay: Annotated[
        str | None, Parameter(help="When it is due: 45s, 1h30m, 2d, or a date. Default: now.")
    ] = None,
    ttl: Annotated[
        str | None,
        Parameter(help="How long it may wait to start, such as 10m; then it expires."),
    ] = None,
    queue: Annotated[str | None, Parameter(help="Another queue than the task's own.")] = None,
    concurrency_key: Annotated[
        str | None, Parameter(help="Runs of one key share a copy of the queue.")
    ] = None,
    priority: Annotated[
        float | None, Parameter(help="Head start in the queue, in seconds.")
    ] = None,
    machine: Annotated[
        str | None, Parameter(help="Size of machine, such as small-1x. Default: the task's.")
    ] = None,
    max_attempts: Annotated[
        int | None,
        Parameter(help="How often it is tried.", validator=validators.Number(gte=1, lte=250)),
    ] = None,
    max_duration: Annotated[
        int | None,
        Parameter(help="Seconds it may be active.", validator=validators.Number(gte=5)),
    ] = None,
    lock_to_version: Annotated[
        str | None, Parameter(help="Only workers of this version may take it.")
    ] = None,
    metadata: Annotated[
        Any, Parameter(help="A JSON object to begin with.", converter=read_json, n_tokens=1)
    ] = None,
    test: Annotated[
        bool, Parameter(negative="", show_default=False, help="Mark the run as a test.")
    ] = False,
    account: Annotated[
        str | None, Parameter(help="Id of the account whose run it is. Default: your own.")
    ] = None,
    watch: Annotated[
        bool, Parameter(negative="", show_default=False, help="Follow the run until it ends.")
    ] = False,
    json: Json = False,
    data: Data = None,
) -> int:
    """Ask for a task, and get the id of its run at once."""
    from backline.wire.orders import DebounceOrder

    flurry = debounce and DebounceOrder(
        key=debounce, delay=debounce_delay, mode=debounce_mode, max_delay=debounce_max_delay
    )
    with open_client(data) as client:
        triggered = client.runs.trigger(
            task,
            payload,
            tags=list(tag) or None,
            idempotency_key=idempotency_key,
            account_id=account,
            idempotency_key_ttl=key_ttl,
            idempotency_key_scope=None if scope == "global" else scope,
            parent_run_id=parent,
            debounce=flurry,
            delay=delay,
            ttl=int(ttl) if ttl is not None and ttl.isdecimal() else ttl,
            queue=queue,
            concurrency_key=concurrency_key,
            priority=priority,
            machine=machine,
            max_attempts=max_attempts,
            max_duration=max_duration,
            lock_to_version=lock_to_version,
            metadata=metadata,
            test=test or None,
        )
        if not watch:
            show_json(triggered) if json else show(triggered.run_id)
            return 0
        run = follow(client, triggered.run_id)
    show_json(run) if json else show(describe(run))
    return exit_code(run)
