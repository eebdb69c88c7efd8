"""Reading server-sent events: lines come in, log lines and runs go out."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from backline.client.run import Run
from backline.wire.story import LogLine

_KINDS: dict[str, type[LogLine] | type[Run]] = {"log": LogLine, "run": Run, "done": Run}


def read_events(lines: Iterator[str]) -> Iterator[LogLine | Run]:
    """Yield what a run's stream tells. Comments, and kinds to come, are passed over.

    An event is what stands before an empty line; one that the line broke off is not told.
    """
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
            continue
        kind = _KINDS.get(fields.get("event", ""))
        if kind is not None:
            yield msgspec.json.decode(fields.get("data", ""), type=kind)
        fields = {}
