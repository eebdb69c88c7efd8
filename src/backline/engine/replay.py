"""What an attempt that goes on after a wait has said before, and must not say twice.

After a wait the task starts again from the top, and what stands between its
steps is done again. Until it reaches the wait at which it froze, its log lines
and its changes of metadata are the same as before: they are not heard.
"""

from __future__ import annotations

from collections.abc import Container

from backline.runtime import messages as say


class Replay:
    """Knows how far a resumed attempt repeats itself. ``until`` is the key of its last wait."""

    def __init__(self, until: str | None, known: Container[str]) -> None:
        self._until = until
        self._known = known

    def repeats(self, message: say.FromChild) -> bool:
        """Tell whether the message was heard before the wait."""
        if self._until is None:
            return False
        if isinstance(message, (say.MetadataChanged, say.Said)):
            return True
        for key in _keys_of(message):
            if key == self._until or key not in self._known:
                self._until = None
        return False


def _keys_of(message: say.FromChild) -> list[str]:
    if isinstance(message, say.WaitsAsked):
        return [question.key for question in message.questions if message.may_freeze]
    if isinstance(message, (say.StepAsked, say.WaitAsked, say.TriggerAsked)):
        return [message.key]
    return []
