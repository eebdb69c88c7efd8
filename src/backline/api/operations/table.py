"""All operations in one table, in the order in which they are described."""

from __future__ import annotations

from backline.api.operations import content, house, runs, sandboxes, schedules, waiting

OPERATIONS = (
    *runs.OPERATIONS,
    *waiting.OPERATIONS,
    *schedules.OPERATIONS,
    *content.OPERATIONS,
    *sandboxes.OPERATIONS,
    *house.OPERATIONS,
)
