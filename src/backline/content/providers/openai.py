"""Anyone who speaks OpenAI's API: captions by chat completions, pictures by the images endpoints.

These calls last as long as the work does, so each runs in a thread of the
worker's, and the task looks whether it is back.
"""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from backline.content.providers.contract import MAX_PICTURE_BYTES
from backline.content.providers.line import Line
from backline.content.providers.messages import CaptionJob, Done, ImageJob, Job, Lost, Working
from backline.errors import AbortRun
from backline.ids import new_id

_UPRIGHT = "1024x1536"
_MAX_TEXT_LENGTH = 4000
_MOST_CALLS = 200
"""Calls that are remembered; the oldest is forgotten then, as if the worker had been restarted."""


class OpenAi:
    """One model behind OpenAI's API."""

    def __init__(self, model: str, line: Line, timeout_seconds: float) -> None:
        self.name = f"openai:{model}"
        self._model = model
        self._line = line
        self._seconds = timeout_seconds
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="openai")
        self._lock = threading.Lock()
        self._calls: dict[str, Future[_Made]] = {}

    def start(self, job: Job) -> str:
        """Make the call in a thread."""
        if not isinstance(job, CaptionJob | ImageJob):
            raise AbortRun("OpenAI's API makes no films: use fal:MODEL for motion and lipsync")
        ticket = new_id("call")
        call = self._submit(job)
        with self._lock:
            while len(self._calls) >= _MOST_CALLS:
                self._calls.pop(next(iter(self._calls))).cancel()
            self._calls[ticket] = call
        return ticket

    def _submit(self, job: CaptionJob | ImageJob) -> Future[_Made]:
        if isinstance(job, CaptionJob):
            return self._threads.submit(self._write, job)
        # Read now: the run's folder may be gone when the thread comes to it.
        picture = None if job.picture is None else Path(job.picture).read_bytes()
        return self._threads.submit(self._draw, job.prompt, picture)

    def look(self, ticket: str, folder: Path) -> Working | Done | Lost:
        """Return what came back, once; raises what the call raised."""
        with self._lock:
            call = self._calls.get(ticket)
            if call is not None and call.done():
                del self._calls[ticket]
        if call is None or call.cancelled():
            return Lost()
        return call.result()(folder) if call.done() else Working()

    def drop(self, ticket: str) -> None:
        """Forget the call; one that is under way ends by itself."""
        with self._lock:
            call = self._calls.pop(ticket, None)
        if call is not None:
            call.cancel()

    def _write(self, job: CaptionJob) -> _Made:
        messages = [
            {"role": "system", "content": job.manner},
            {"role": "user", "content": job.facts},
        ]
        wish = {"model": self._model, "messages": messages}
        answer = self._line.ask("POST", "/chat/completions", seconds=self._seconds, json=wish)
        text = _dig(answer, "choices", 0, "message", "content")
        if not isinstance(text, str) or not text.strip():
            raise AbortRun("the language model answered without a text")
        return lambda _: Done(text=text[:_MAX_TEXT_LENGTH])

    def _draw(self, prompt: str, picture: bytes | None) -> _Made:
        wish = {"model": self._model, "prompt": prompt, "n": 1, "size": _UPRIGHT}
        path = "/images/generations"
        content: dict[str, Any] = {"json": wish}
        if picture is not None:
            fields = {name: str(value) for name, value in wish.items()}
            file = ("artist.jpg", picture, "image/jpeg")
            path, content = "/images/edits", {"data": fields, "files": {"image": file}}
        answer = self._line.ask(
            "POST", path, seconds=self._seconds, max_bytes=2 * MAX_PICTURE_BYTES, **content
        )
        return self._drawn(_dig(answer, "data", 0))

    def _drawn(self, found: Any) -> _Made:
        inline = _dig(found, "b64_json")
        if isinstance(inline, str):
            try:
                data = base64.b64decode(inline, validate=True)
            except binascii.Error:
                raise AbortRun("the picture came in an encoding that is not base64") from None
            return lambda folder: Done(path=str(self._line.keep(data, folder, accept="image/*")))
        url = _dig(found, "url")
        return lambda folder: Done(
            path=str(self._line.bring(url, folder, accept="image/*", max_bytes=MAX_PICTURE_BYTES))
        )


_Made = Callable[[Path], Done]
"""What a call brought back, to be put into a folder."""


def _dig(answer: Any, *way: str | int) -> Any:
    """Return what lies at the end of a way into somebody's JSON; None where there is no such way."""
    for key in way:
        try:
            answer = answer[key]
        except (KeyError, IndexError, TypeError):
            return None
    return answer
