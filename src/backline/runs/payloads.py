"""Does a payload fit its task? Judged by the schema that workers announce, before a run is made."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import jsonschema_rs
import msgspec

from backline.db import Connection
from backline.errors import InvalidInput
from backline.runs import catalog


def check_payload(
    connection: Connection,
    task_identifier: str,
    payload: Any,
    *,
    field: str = "payload",
    version: str | None = None,
) -> None:
    """Raise ``InvalidInput``, naming the part that does not fit the task's announced schema.

    A task that nobody announces, or whose payload may be anything, takes all.
    ``version`` is the one that the run is locked to, ``field`` what the payload
    is called in the caller's order.
    """
    facts = catalog.find_task(connection, task_identifier, version)
    if facts is None or facts.payload_schema is None:
        return
    validator = _validator(msgspec.json.encode(facts.payload_schema))
    misfit = next(iter(validator.iter_errors(payload)), None)
    if misfit is None:
        return
    path = field + _path(misfit.instance_path)
    missing = getattr(misfit.kind, "property", None)
    if missing is not None:
        path = f"{path}.{missing}"
    told = "it is missing" if missing is not None else misfit.message[:300]
    raise InvalidInput(f"{path} does not fit task {task_identifier!r}: {told}", path)


@lru_cache(maxsize=256)
def _validator(schema: bytes) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(schema.decode())


def _path(parts: Sequence[str | int]) -> str:
    """Write a place within a payload as errors name it: ``.songs[2].url``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
