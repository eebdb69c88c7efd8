"""fal.ai: pictures and films by any model of theirs, through their queue.

The queue API: ``POST /{owner}/{app}[/…]`` takes a job and answers with its
``request_id``; ``GET …/requests/{id}/status`` says IN_QUEUE, IN_PROGRESS or
COMPLETED; ``GET …/requests/{id}`` is what was made; ``PUT …/cancel`` gives it up.
Only owner and app belong into the last three (https://docs.fal.ai/model-endpoints/queue).
"""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

from backline.content.providers.contract import MAX_FILM_BYTES, MAX_PICTURE_BYTES
from backline.content.providers.line import Line
from backline.content.providers.messages import (
    CaptionJob,
    Done,
    ImageJob,
    Job,
    LipsyncJob,
    Lost,
    MotionJob,
    Working,
)
from backline.errors import AbortRun

_TICKET = re.compile(r"[A-Za-z0-9_-]{1,100}")
_UPRIGHT = "9:16"


class Fal:
    """One of fal's models."""

    def __init__(self, model: str, line: Line) -> None:
        self.name = f"fal:{model}"
        self._path = f"/{model}"
        self._requests = "/" + "/".join(model.split("/")[:2]) + "/requests"
        self._line = line

    def start(self, job: Job) -> str:
        """Put a job into fal's queue."""
        answer = self._line.ask("POST", self._path, json=_wish(job))
        ticket = answer.get("request_id") if isinstance(answer, dict) else None
        if not isinstance(ticket, str) or not _TICKET.fullmatch(ticket):
            raise AbortRun("fal took the job but gave no request_id")
        return ticket

    def look(self, ticket: str, folder: Path) -> Working | Done | Lost:
        """Return how far the job is; its file is fetched when it is made."""
        answer = self._line.ask("GET", f"{self._requests}/{_safe(ticket)}/status")
        status = answer.get("status") if isinstance(answer, dict) else None
        if status in ("IN_QUEUE", "IN_PROGRESS"):
            return Working()
        if status != "COMPLETED":
            raise AbortRun(f"fal's status of the job is {str(status)[:40]!r}")
        made = self._line.ask("GET", f"{self._requests}/{_safe(ticket)}")
        return Done(path=str(self._bring(made, folder)))

    def drop(self, ticket: str) -> None:
        """Take the job out of the queue; fal pays no attention once it is being made."""
        self._line.ask("PUT", f"{self._requests}/{_safe(ticket)}/cancel", seconds=5)

    def _bring(self, made: Any, folder: Path) -> Path:
        film = _url_in(made, "video", "videos")
        if film is not None:
            return self._line.bring(film, folder, accept="video/*", max_bytes=MAX_FILM_BYTES)
        picture = _url_in(made, "image", "images")
        if picture is not None:
            return self._line.bring(picture, folder, accept="image/*", max_bytes=MAX_PICTURE_BYTES)
        raise AbortRun("fal's answer names neither a video nor an image")


def _wish(job: Job) -> dict[str, Any]:
    """Return a job as fal's models take it; the names are those that most of them share."""
    match job:
        case ImageJob(prompt=prompt, picture=picture):
            wish = {"prompt": prompt, "num_images": 1, "aspect_ratio": _UPRIGHT}
            return wish if picture is None else wish | {"image_urls": [_photo(picture)]}
        case MotionJob(prompt=prompt, picture=picture):
            return {"prompt": prompt, "image_url": _photo(picture)}
        case LipsyncJob(prompt=prompt, picture=picture, sound=sound):
            return {
                "prompt": prompt,
                "image_url": _photo(picture),
                "audio_url": _inline(sound, "audio/mp4"),
            }
        case CaptionJob():
            raise AbortRun("fal writes no captions: set BACKLINE_CAPTION_PROVIDER to openai:MODEL")


def _photo(path: str) -> str:
    return _inline(path, "image/jpeg")


def _inline(path: str, mime_type: str) -> str:
    """Return a file as a data URI, which fal takes wherever it takes a URL: nothing has to be public."""
    return f"data:{mime_type};base64,{base64.b64encode(Path(path).read_bytes()).decode()}"


def _url_in(made: Any, *names: str) -> object | None:
    """Return the URL under the first of some names that an answer holds, in a list or by itself."""
    for name in names:
        found = made.get(name) if isinstance(made, dict) else None
        if isinstance(found, list) and found:
            found = found[0]
        if isinstance(found, dict):
            found = found.get("url")
        if found is not None:
            return found
    return None


def _safe(ticket: str) -> str:
    if not _TICKET.fullmatch(ticket):
        raise AbortRun(f"{ticket[:80]!r} is no request of fal's")
    return ticket
