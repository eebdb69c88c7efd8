"""A run that lives in memory, as its task sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from backline.runtime import messages as say
from backline.runtime.context import RunContext
from backline.runtime.stopping import StopSign
from backline.sdk import RunFacts, RunResult
from backline.testing.clock import StillClock
from backline.testing.files import InlineFiles
from backline.testing.memory import Memory, PerformChild
from backline.testing.metadata import InlineMetadata


def _no_children(order: say.ChildOrder) -> RunResult:
    raise LookupError(f"a bare context triggers nothing, {order.task_identifier!r} included")


class InlineContext(RunContext):
    """The context of real runs, with a memory at the other end of its line."""

    def __init__(
        self,
        run: RunFacts,
        folder: Path,
        files: InlineFiles,
        *,
        metadata: InlineMetadata | None = None,
        steps: Mapping[str, Any] | None = None,
        services: Mapping[str, Callable[[Any], Any]] | None = None,
        tokens: Mapping[str, Any] | None = None,
        clock: StillClock | None = None,
        perform_child: PerformChild = _no_children,
        cancel_after_calls: int | None = None,
    ) -> None:
        self.clock = clock or StillClock()
        self.stop = StopSign()
        self.memory = Memory(
            self.clock,
            self.stop,
            steps or {},
            services or {},
            tokens or {},
            perform_child,
            cancel_after_calls,
        )
        super().__init__(run, folder, self.memory, self.stop, self.clock.now_ms)
        self.files: InlineFiles = files
        self.metadata: InlineMetadata = metadata or InlineMetadata()
        self.metadata.on_change = self.memory.count_call

    @property
    def cancelled(self) -> bool:
        self.stop.is_watched = True
        self.memory.count_call()
        return super().cancelled
