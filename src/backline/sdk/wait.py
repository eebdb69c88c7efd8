"""Waits of a run, which hold nothing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime

from backline.sdk.run import TokenResult


class Waiting(ABC):
    """Waits that hold nothing: beyond a few seconds the run freezes, without a process or a slot.

    Each counts as a step: after it the task starts again from the top, and
    finished steps and waits are answered from the record.
    """

    @abstractmethod
    def seconds(self, seconds: float) -> None:
        """Go on after so many seconds."""

    @abstractmethod
    def until(self, moment: datetime) -> None:
        """Go on at a moment; one without a zone is UTC, one that has passed is now."""

    @abstractmethod
    def token(self, token_id: str) -> TokenResult:
        """Go on when the token is completed from outside, or its time has run out."""
