"""A time in a sandbox: a run, or a person, waits for the lease, opens the home, and gives both back."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import msgspec

from backline.errors import AbortRun, BacklineError, Conflict, SetupError
from backline.sandbox import (
    AllowedHost,
    ChangedFile,
    Command,
    EmbeddedProvider,
    Finished,
    Homes,
    Sandbox,
    Sink,
    Terminal,
    View,
)
from backline.sandbox.command import Notice
from backline.sandbox.direct import DirectProvider
from backline.sandbox.features import missing
from backline.sandbox.provider import overhear
from backline.sandboxing import messages as say
from backline.sandboxing.visitor import ReadBlobs, RunVisitor, Visitor, WorkBlobs
from backline.sdk import Context

_RENEW_SECONDS: Final = 15.0
_SHORTEST_WAIT_SECONDS: Final = 0.05
_LONGEST_WAIT_SECONDS: Final = 1.0
_LONGEST_TIDYING_SECONDS: Final = 60.0
"""A home that nobody used may just be emptied to make room for others, whatever its size."""


class Looked:
    """A sandbox that is open for reading."""

    def __init__(self, visitor: Visitor, seen: say.Seen | say.Taken, view: View) -> None:
        self._visitor = visitor
        self._seen = seen
        self._view = view

    @property
    def sandbox_id(self) -> str:
        return self._seen.sandbox_id

    @property
    def hosts(self) -> tuple[AllowedHost, ...]:
        """Whom this worker lets commands reach."""
        return self._seen.way_out.hosts

    @property
    def allow_private(self) -> bool:
        """Whether such hosts may be in private networks."""
        return self._seen.way_out.allow_private

    def run(
        self,
        command: Command,
        sink: Sink,
        *,
        fed: Iterable[bytes] = (),
        notice: Notice = overhear,
    ) -> Finished:
        """Run a command; whom it was not let out to is told in the run's log, and to ``notice``."""

        def tell(text: str) -> None:
            self._visitor.log(f"network: {text}")
            notice(text)

        return self._view.run(command, sink, fed=fed, notice=tell)


class Visit(Looked):
    """An open sandbox, with the right to work in it."""

    def __init__(self, visitor: Visitor, taken: say.Taken, sandbox: Sandbox) -> None:
        super().__init__(visitor, taken, sandbox)
        self._fence = taken.fence
        self.sandbox = sandbox

    def attend(self, command: Command, terminal: Terminal) -> Finished:
        """Run a command that a person sits at: what it is refused, they see in their programs' words."""
        return self.sandbox.attend(command, terminal)

    def save(self) -> tuple[say.Saved, tuple[ChangedFile, ...]]:
        """Keep the home. Returns its snapshot, and the files that changed.

        Raises ``TooLarge`` for a home that can not be kept.
        """
        saved = self.sandbox.save()
        request = say.Save(self.sandbox_id, self._fence, saved.snapshot)
        kept = msgspec.convert(self._visitor.ask(request), say.Saved)
        return kept, saved.changed_files


@contextmanager
def look(
    ctx: Context, account_id: str | None, sandbox_id: str | None = None
) -> Iterator[tuple[Looked, say.Saved | None]]:
    """Open the account's home for reading, beside whoever works in it. Raises ``AbortRun``.

    Yields what is open, and the snapshot that it is; None for an empty home.
    """
    visitor = RunVisitor(ctx)
    try:
        request = say.Look(account_id or visitor.account_id, sandbox_id)
        seen = msgspec.convert(visitor.ask(request), say.Seen)
        with (
            tempfile.TemporaryDirectory(dir=visitor.workdir) as folder,
            _provider(visitor, seen).look(
                seen.sandbox_id, seen.snapshot, ReadBlobs(visitor, seen, folder)
            ) as view,
        ):
            yield Looked(visitor, seen, view), seen.saved
        Homes(Path(seen.folder)).tidy()
    except BacklineError as trouble:
        raise AbortRun(_reason(trouble)) from trouble


@contextmanager
def visit(ctx: Context, account_id: str | None, sandbox_id: str | None = None) -> Iterator[Visit]:
    """Wait until no other run is in the account's sandbox, then open it.

    Raises ``AbortRun``: what a caller sent wrongly will be wrong again, and so
    will a machine without walls.
    """
    try:
        with enter(RunVisitor(ctx), account_id, sandbox_id) as room:
            yield room
    except BacklineError as trouble:
        raise AbortRun(_reason(trouble)) from trouble


@contextmanager
def enter(
    visitor: Visitor, account_id: str | None = None, sandbox_id: str | None = None
) -> Iterator[Visit]:
    """The same for any visitor. Raises what the desk and the sandbox raise."""
    taken = _take(visitor, account_id or visitor.account_id, sandbox_id)
    try:
        with (
            _renewed(visitor, taken),
            tempfile.TemporaryDirectory(dir=visitor.workdir) as folder,
            _opened(_provider(visitor, taken), taken, WorkBlobs(visitor, taken, folder)) as sandbox,
        ):
            yield Visit(visitor, taken, sandbox)
        Homes(Path(taken.folder)).tidy()
    finally:
        visitor.ask(say.Release(taken.sandbox_id, taken.fence))


@contextmanager
def _opened(provider: EmbeddedProvider, taken: say.Taken, blobs: WorkBlobs) -> Iterator[Sandbox]:
    """Open the home once whoever tidies it, or was killed in it, has let go of it."""
    until = time.monotonic() + _LONGEST_TIDYING_SECONDS
    with ExitStack() as stack:
        while True:
            try:
                home = stack.enter_context(provider.open(taken.sandbox_id, taken.snapshot, blobs))
                break
            except Conflict:
                if time.monotonic() >= until:
                    raise
                time.sleep(_SHORTEST_WAIT_SECONDS)
        yield home


def _reason(trouble: BacklineError) -> str:
    """Return what went wrong, and what this machine lacks if that is why."""
    pieces = missing() if isinstance(trouble, SetupError) else ()
    lacks = "; ".join(f"{piece.name}: {piece.told}" for piece in pieces)
    return f"{trouble} (missing on this machine: {lacks})" if lacks else str(trouble)


def _provider(visitor: Visitor, seen: say.Seen | say.Taken) -> EmbeddedProvider:
    """Return what makes sandboxes here: walls, unless this worker's operator wants none."""
    folder = Path(seen.folder)
    if seen.is_without_walls:
        visitor.log("no walls: this command can read and change what this worker can")
        return DirectProvider(folder / "without-walls", visitor.workdir)
    return EmbeddedProvider(
        Homes(folder),
        visitor.workdir,
        allow_private=seen.way_out.allow_private,
        cgroup=None if seen.cgroup is None else Path(seen.cgroup),
    )


def _take(visitor: Visitor, account_id: str, sandbox_id: str | None) -> say.Taken:
    wait_seconds = _SHORTEST_WAIT_SECONDS
    is_told = False
    while (answer := visitor.ask(say.Take(account_id, sandbox_id))) is None:
        if not is_told:
            visitor.log("someone else is in this sandbox: waiting until they have left")
            is_told = True
        time.sleep(wait_seconds)
        wait_seconds = min(wait_seconds * 2, _LONGEST_WAIT_SECONDS)
    return msgspec.convert(answer, say.Taken)


@contextmanager
def _renewed(visitor: Visitor, taken: say.Taken) -> Iterator[None]:
    """Keep the lease while the block lasts."""
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(_RENEW_SECONDS):
            visitor.ask(say.Renew(taken.sandbox_id, taken.fence))

    thread = threading.Thread(target=renew, name="sandbox-lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
