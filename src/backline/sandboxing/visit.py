"""A run's time in a sandbox: it waits for the lease, opens the home, and gives both back."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from backline.errors import AbortRun, BacklineError
from backline.sandbox import (
    AllowedHost,
    ChangedFile,
    Command,
    EmbeddedProvider,
    Finished,
    Homes,
    Sandbox,
    Sink,
)
from backline.sandboxing import messages as say
from backline.sdk import Context

_RENEW_SECONDS: Final = 15.0
_SHORTEST_WAIT_SECONDS: Final = 0.05
_LONGEST_WAIT_SECONDS: Final = 1.0


class Visit:
    """An open sandbox, with the right to work in it."""

    def __init__(self, ctx: Context, taken: say.Taken, sandbox: Sandbox) -> None:
        self._ctx = ctx
        self._taken = taken
        self.sandbox = sandbox

    @property
    def sandbox_id(self) -> str:
        return self._taken.sandbox_id

    @property
    def hosts(self) -> tuple[AllowedHost, ...]:
        """Whom this worker lets commands reach."""
        return self._taken.way_out.hosts

    @property
    def allow_private(self) -> bool:
        """Whether such hosts may be in private networks."""
        return self._taken.way_out.allow_private

    def run(self, command: Command, sink: Sink, *, fed: Iterable[bytes] = ()) -> Finished:
        """Run a command; whom it was not let out to is told in the run's log."""
        return self.sandbox.run(
            command, sink, fed=fed, notice=lambda text: self._ctx.log(f"network: {text}")
        )

    def save(self) -> tuple[say.Saved, tuple[ChangedFile, ...]]:
        """Keep the home. Returns its snapshot, and the files that changed.

        Raises ``TooLarge`` for a home that can not be kept.
        """
        saved = self.sandbox.save()
        request = say.Save(self._taken.sandbox_id, self._taken.fence, saved.snapshot)
        kept = msgspec.convert(_ask(self._ctx, request), say.Saved)
        return kept, saved.changed_files


@contextmanager
def visit(ctx: Context, account_id: str | None, sandbox_id: str | None = None) -> Iterator[Visit]:
    """Wait until no other run is in the account's sandbox, then open it."""
    taken = _take(ctx, account_id or ctx.run.account_id, sandbox_id)
    homes = Homes(Path(taken.folder))
    try:
        with (
            _renewed(ctx, taken),
            tempfile.TemporaryDirectory(dir=ctx.workdir) as folder,
            EmbeddedProvider(homes, ctx.workdir, allow_private=taken.way_out.allow_private).open(
                taken.sandbox_id, taken.snapshot, _Blobs(ctx, taken, folder)
            ) as sandbox,
        ):
            yield Visit(ctx, taken, sandbox)
        homes.tidy()
    except BacklineError as trouble:
        # What a caller sent wrongly will be wrong again, and so will a machine without walls.
        raise AbortRun(str(trouble)) from trouble
    finally:
        _ask(ctx, say.Release(taken.sandbox_id, taken.fence))


def _take(ctx: Context, account_id: str, sandbox_id: str | None) -> say.Taken:
    wait_seconds = _SHORTEST_WAIT_SECONDS
    while (answer := _ask(ctx, say.Take(account_id, sandbox_id))) is None:
        time.sleep(wait_seconds)
        wait_seconds = min(wait_seconds * 2, _LONGEST_WAIT_SECONDS)
    return msgspec.convert(answer, say.Taken)


@contextmanager
def _renewed(ctx: Context, taken: say.Taken) -> Iterator[None]:
    """Keep the lease while the block lasts."""
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(_RENEW_SECONDS):
            _ask(ctx, say.Renew(taken.sandbox_id, taken.fence))

    thread = threading.Thread(target=renew, name="sandbox-lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


class _Blobs:
    """The sandbox's part of storage, by way of the worker."""

    def __init__(self, ctx: Context, taken: say.Taken, folder: str) -> None:
        self._ctx = ctx
        self._taken = taken
        self._folder = folder

    def fetch(self, digest: str) -> Path:
        sandbox_id, fence = self._taken.sandbox_id, self._taken.fence
        return Path(_ask(self._ctx, say.Fetch(sandbox_id, fence, digest, self._folder)))

    def keep(self, digest: str, path: Path) -> None:
        sandbox_id, fence = self._taken.sandbox_id, self._taken.fence
        _ask(self._ctx, say.Keep(sandbox_id, fence, digest, str(path)))


def _ask(ctx: Context, request: msgspec.Struct) -> Any:
    return ctx.service(say.SERVICE, msgspec.to_builtins(request))
