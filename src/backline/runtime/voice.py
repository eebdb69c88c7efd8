"""Everything that a task writes, on its way to the run's log: prints, programs, C libraries.

All of it goes through two pipes. They are emptied every few milliseconds, and
before anything else is said, so that the log has things in the order in which
they happened.
"""

from __future__ import annotations

import _thread
import codecs
import ctypes
import faulthandler
import io
import os
import re
import select
import sys
import threading
import time
from collections.abc import Iterable
from typing import Final, TextIO

from backline.runtime import messages as say
from backline.runtime.channel import Channel, ChannelClosed
from backline.runtime.pipes import STREAMS, Pipes
from backline.runtime.stopping import StopSign
from backline.sdk.context import Level

READ_INTERVAL_SECONDS: Final = 0.01
MOST_SEPARATE_LINES: Final = 50
"""More lines at a time are a flood, and travel as one piece."""
MOST_CHARACTERS: Final = 9 * 1024 * 1024
"""What is sent in all: a little more than is kept, so that the log can say that there was more."""
_END_OF_LINE: Final = re.compile(r"(?<=\n)")
LEVELS: Final[dict[str, Level]] = {"stdout": "info", "stderr": "warn"}


class Voice:
    """Empties the pipes of this process and tells the supervisor. Safe from any thread."""

    def __init__(self, pipes: Pipes, channel: Channel, stop: StopSign) -> None:
        self._pipes = pipes
        self._channel = channel
        self._stop = stop
        self._emptying = threading.Lock()
        self._decoders = {
            stream: codecs.getincrementaldecoder("utf-8")("replace") for stream in STREAMS
        }
        self._characters_left = MOST_CHARACTERS
        self._process = os.getpid()

    def start(self) -> None:
        """Let Python's streams go this way, and listen."""
        sys.stdout, sys.stderr = (_text_stream(self, stream) for stream in STREAMS)
        faulthandler.enable(2)
        # Unlike Thread.start this does not wait until the thread runs, which takes long on a
        # busy machine, at the start of every run.
        _thread.start_new_thread(self._listen, ())

    def finish(self) -> None:
        """Say what is still held in buffers, Python's and those of C."""
        sys.stdout.flush()
        sys.stderr.flush()
        ctypes.CDLL(None).fflush(None)
        self.say_all()

    def say_all(self) -> None:
        """Say what has been written so far."""
        self._say_waiting(STREAMS)

    def before_writing(self, stream: str) -> None:
        """Keep the order between the streams: say what went to the other one."""
        self._say_waiting([other for other in STREAMS if other != stream])

    def _say_waiting(self, streams: Iterable[str]) -> None:
        if os.getpid() != self._process:
            return  # a fork of the run's process writes into the same pipes, and no more
        with self._stop.held_back(), self._emptying:
            for stream in streams:
                while data := self._pipes.read(stream):
                    self._say(stream, self._decoders[stream].decode(data))

    def _say(self, stream: str, text: str) -> None:
        if self._characters_left <= 0:
            self._channel.send(say.Beat())  # more than anybody keeps, but a sign of life
            return
        is_flood = text.count("\n") > MOST_SEPARATE_LINES
        for line in [text] if is_flood else _END_OF_LINE.split(text):
            if line:
                self._characters_left -= len(line)
                self._channel.send(say.Said(stream, line, LEVELS[stream]))

    def _listen(self) -> None:
        ears = list(self._pipes.ears.values())
        while True:
            select.select(ears, [], [])
            time.sleep(READ_INTERVAL_SECONDS)
            try:
                self.say_all()
            except ChannelClosed:
                return


class _Mouth(io.RawIOBase):
    """A standard stream of Python, that lets what was written before be said first."""

    def __init__(self, voice: Voice, stream: str) -> None:
        self._voice = voice
        self._stream = stream
        self._descriptor = STREAMS.index(stream) + 1

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def write(self, data: object) -> int:
        self._voice.before_writing(self._stream)
        return os.write(self._descriptor, data)  # type: ignore[arg-type]


def _text_stream(voice: Voice, stream: str) -> TextIO:
    # Whole lines are written at once; text that is no Unicode is shown, not refused.
    buffered = io.BufferedWriter(_Mouth(voice, stream))
    return io.TextIOWrapper(
        buffered, encoding="utf-8", errors="backslashreplace", line_buffering=True
    )
