"""The child's end of the conversation: what it tells, and what it asks."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import Any

import msgspec

from backline.errors import AbortRun
from backline.runtime import messages as say
from backline.runtime.channel import Channel
from backline.runtime.stopping import StopSign
from backline.runtime.voice import Voice


class Line(ABC):
    """Whom a context talks to: the supervisor, or inside a test a store in memory."""

    @abstractmethod
    def tell(self, message: msgspec.Struct) -> None:
        """Say something that is not answered."""

    def ask(self, question: msgspec.Struct) -> Any:
        """Ask and return the answer. Raises ``AbortRun`` with the reason of a refusal."""
        answer = self._ask(question)
        if isinstance(answer, say.Refused):
            raise AbortRun(answer.message)
        return answer

    @abstractmethod
    def _ask(self, question: msgspec.Struct) -> Any: ...


class SupervisorLine(Line):
    """Asks the supervisor one question at a time, from whichever thread."""

    def __init__(self, channel: Channel, stop: StopSign, voice: Voice) -> None:
        self._channel = channel
        self._voice = voice
        self._stop = stop
        self._turn = threading.Lock()

    def tell(self, message: msgspec.Struct) -> None:
        self._voice.say_all()
        with self._stop.held_back():
            self._channel.send(message)

    def _ask(self, question: msgspec.Struct) -> Any:
        self._voice.say_all()
        with self._turn, self._stop.held_back():
            self._channel.send(question)
            return self._channel.receive()
