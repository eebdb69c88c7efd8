"""Metadata as a dictionary."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from backline.runs.metadata import MetadataOperation
from backline.sdk import Metadata, RunMetadata
from backline.sdk.metadata import Operation
from backline.sdk.values import to_plain


class InlineMetadata(Metadata):
    """The metadata of one run as a dictionary, and every value that each key went through."""

    def __init__(
        self, parent: InlineMetadata | None = None, values: dict[str, Any] | None = None
    ) -> None:
        self.values: dict[str, Any] = deepcopy(values or {})
        self.history: dict[str, list[Any]] = {}
        self.parent: RunMetadata = parent or self
        self.root: RunMetadata = self if parent is None else parent.root
        self.on_change: Callable[[], None] = lambda: None
        """Called after each change."""

    def _change(self, operation: Operation, key: str, value: Any) -> None:
        MetadataOperation(operation, key, to_plain(value)).change(self.values)
        if key in self.values:
            self.history.setdefault(key, []).append(deepcopy(self.values[key]))
        self.on_change()
