"""Trigger: ask for any task by name."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

from backline.cli.follow import follow
from backline.cli.options import Data, Json
from backline.cli.reach import open_client
from backline.cli.render import show, show_json
from backline.cli.runs import describe, exit_code


def _payload(_kind: object, tokens: tuple[Any, ...]) -> object:
    """Read JSON as given, from a file (``@name``), or from stdin (``-``)."""
    text = str(tokens[0].value)
    try:
        return msgspec.json.decode(_text(text))
    except OSError as trouble:
        raise ValueError(f"can not read {text[1:]!r}: {trouble.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as misfit:
        raise ValueError(f"this is not JSON ({misfit}): write e.g. '{{\"seconds\": 3}}'") from None


def _text(text: str) -> bytes:
    if text == "-":
        return sys.stdin.buffer.read()
    if text.startswith("@"):
        return Path(text[1:]).read_bytes()
    return text.encode()


def trigger(
    task: Annotated[str, Parameter(help="Name of the task, such as hello-world.")],
    /,
    *,
    payload: Annotated[
        Any,
        Parameter(
            help="JSON for the task; @FILE reads a file, - reads stdin.",
            converter=_payload,
            allow_leading_hyphen=True,
            n_tokens=1,
            metavar="JSON",
        ),
    ] = None,
    tag: Annotated[
        tuple[str, ...],
        Parameter(
            help="A tag for the run; may be given up to 9 times.", negative="", show_default=False
        ),
    ] = (),
    idempotency_key: Annotated[
        str | None,
        Parameter(help="A second trigger with the same key gives the first one's run."),
    ] = None,
    watch: Annotated[
        bool, Parameter(negative="", show_default=False, help="Follow the run until it ends.")
    ] = False,
    json: Json = False,
    data: Data = None,
) -> int:
    """Ask for a task, and get the id of its run at once."""
    with open_client(data) as client:
        triggered = client.runs.trigger(
            task, payload, tags=list(tag) or None, idempotency_key=idempotency_key
        )
        if not watch:
            show_json(triggered) if json else show(triggered.run_id)
            return 0
        run = follow(client, triggered.run_id)
    show_json(run) if json else show(describe(run))
    return exit_code(run)
