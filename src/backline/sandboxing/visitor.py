"""Who works in a sandbox, and how they reach its part of storage."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import msgspec

from backline.sandboxing import messages as say
from backline.sdk import Context


class Visitor(Protocol):
    """Who works in a sandbox."""

    @property
    def account_id(self) -> str:
        """Whose sandbox it is, unless another is named."""

    @property
    def workdir(self) -> Path:
        """A folder for files on their way to storage and back."""

    def ask(self, request: msgspec.Struct) -> Any:
        """Ask the worker's desk. Raises ``BacklineError`` when it refuses."""

    def log(self, text: str) -> None:
        """Hear what backline has to say meanwhile."""


class RunVisitor:
    """A run, seen from inside its task."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self.account_id = ctx.run.account_id
        self.workdir = ctx.workdir

    def ask(self, request: msgspec.Struct) -> Any:
        return self._ctx.service(say.SERVICE, msgspec.to_builtins(request))

    def log(self, text: str) -> None:
        self._ctx.log(text)


class ReadBlobs:
    """The sandbox's part of storage for a run that only looks."""

    def __init__(self, visitor: Visitor, seen: say.Seen, folder: str) -> None:
        self._visitor = visitor
        self._sandbox_id = seen.sandbox_id
        self._folder = folder

    def fetch(self, digest: str) -> Path:
        return Path(self._visitor.ask(say.FetchToLook(self._sandbox_id, digest, self._folder)))


class WorkBlobs:
    """The sandbox's part of storage, by way of the worker."""

    def __init__(self, visitor: Visitor, taken: say.Taken, folder: str) -> None:
        self._visitor = visitor
        self._taken = taken
        self._folder = folder

    def fetch(self, digest: str) -> Path:
        sandbox_id, fence = self._taken.sandbox_id, self._taken.fence
        return Path(self._visitor.ask(say.Fetch(sandbox_id, fence, digest, self._folder)))

    def keep(self, digest: str, path: Path) -> None:
        sandbox_id, fence = self._taken.sandbox_id, self._taken.fence
        self._visitor.ask(say.Keep(sandbox_id, fence, digest, str(path)))
