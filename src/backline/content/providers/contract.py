"""What an outside service has to be able to do. A service is one class with these three functions."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from backline.content.providers.messages import Done, Job, Lost, Working

MAX_PICTURE_BYTES = 40 * 1024**2
MAX_FILM_BYTES = 200 * 1024**2


class Provider(Protocol):
    """A service that makes one kind of thing with one model.

    All three MUST answer within two minutes, whatever the service does, and MUST
    treat what it says as a stranger's words: limited in size, checked before use.
    They raise ``RetryLater`` when the service is busy or broken for now, and
    ``AbortRun`` when asking again would not help; no message may hold the key.
    """

    name: str
    """As the settings write it, such as ``fal:owner/model``."""

    def start(self, job: Job) -> str:
        """Hand a job in and return a ticket, by which it is known to the service."""
        ...

    def look(self, ticket: str, folder: Path) -> Working | Done | Lost:
        """Return how far a job is; what it made is put into ``folder``."""
        ...

    def drop(self, ticket: str) -> None:
        """Give a job up, if that can still be done. MUST NOT raise for one that is over."""
        ...
