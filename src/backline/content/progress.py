"""Telling callers how far a video is, often enough to follow and seldom enough to be cheap."""

from __future__ import annotations

from backline.clock import now_ms
from backline.sdk import Context

_LEAST_PAUSE_MS = 200


class Progress:
    """Writes ``currentStep`` and ``progress`` (0 to 1, never backwards) into the run's metadata."""

    def __init__(self, ctx: Context) -> None:
        self._metadata = ctx.metadata
        self._told = 0.0
        self._told_at_ms = 0

    def begin(self, step: str, share: float) -> None:
        """Name what happens now; ``share`` of the whole is done."""
        self._metadata.set("currentStep", step)
        self._tell(share)

    def reach(self, share: float) -> None:
        """Move on to ``share`` of the whole; told five times a second at most."""
        if now_ms() - self._told_at_ms >= _LEAST_PAUSE_MS:
            self._tell(share)

    def _tell(self, share: float) -> None:
        self._told = max(self._told, min(1.0, round(share, 3)))
        self._told_at_ms = now_ms()
        self._metadata.set("progress", self._told)
