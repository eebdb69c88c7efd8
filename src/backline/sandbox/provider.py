"""What a maker of sandboxes has to offer: here on this machine, or far away at a service.

The embedded one stands in ``embedded.py``. One that speaks to E2B, Daytona,
Vercel or a Kubernetes cluster with gVisor fills the same two classes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal

import msgspec

from backline.errors import SetupError
from backline.sandbox.command import Command, Finished, Notice, Sink
from backline.sandbox.snapshot import Blobs, BlobSource, ChangedFile, Snapshot
from backline.sandbox.terminal import Terminal

Isolation = Literal["none", "namespaces", "user-space kernel", "virtual machine"]


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider can do, for people and for policies that ask for more."""

    isolation: Isolation
    has_egress: bool
    """Whether commands may be let out to the hosts that they name."""
    has_terminal: bool
    """Whether a person can sit at a command."""
    has_views: bool
    """Whether commands can be kept from changing a home."""
    max_duration_seconds: float


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """A home that was kept."""

    snapshot: Snapshot
    is_new: bool
    """False when nothing had changed, and nothing was stored."""
    changed_files: tuple[ChangedFile, ...]


def overhear(_text: str) -> None:
    """Listen to nothing."""


class View(ABC):
    """A sandbox that is open for commands which only read its home.

    - It MUST show a command nothing of the host but its programs, and of other
      sandboxes nothing at all.
    - It MUST let a command reach the hosts that it names and nothing else of any
      network, without names nothing at all; it MUST refuse what it can not keep to that.
    - It MUST end everything that a command leaves behind before `run` returns.
    - It MUST hold the command's limits, and MAY hold memory and home size with a
      delay of a second.
    - It MUST keep the home as it is.

    A provider without walls MUST name its isolation "none". The first is then not asked of
    it, nor the second of commands that name no hosts; it ends what it can find.
    """

    @abstractmethod
    def run(
        self,
        command: Command,
        sink: Sink,
        *,
        fed: Iterable[bytes] = (),
        notice: Notice = overhear,
    ) -> Finished:
        """Run a command to its end; output goes to ``sink`` as it comes.

        ``fed`` is what it reads from its input; ``notice`` hears whom it was not let out to.
        Raises ``SetupError`` when the walls can not be put up; nothing was run then.
        """


class Sandbox(View):
    """A sandbox that is open for work, one caller at a time.

    All that a view MUST, it MUST as well, but its commands may change the home.
    """

    def attend(
        self,
        command: Command,
        terminal: Terminal,
        *,
        notice: Notice = overhear,  # noqa: ARG002
    ) -> Finished:
        """Run a command that a person sits at, to its end. A provider MAY offer this.

        Raises ``SetupError`` as `run` does, and where it is not offered.
        """
        terminal.close()
        raise SetupError(f"no terminal is offered here: run {command.arguments[0]!r} without one")

    @abstractmethod
    def write(self, files: Mapping[str, Path]) -> None:
        """Put local files into the home, by their paths below it, over what is there.

        Raises ``InvalidInput`` for a path that leads out of the home or is too long.
        """

    @abstractmethod
    def save(self) -> Saved:
        """Keep the home as it is now.

        Raises ``TooLarge`` for a home that is over its limits, or has a path that is too long.
        """


class Provider(ABC):
    """Makes sandboxes.

    It MUST bring back a home exactly as it was saved: names, contents, modes,
    links, times. It MUST refuse a snapshot that was altered. It MUST refuse to
    work, saying why, where it can not keep its walls. It MAY keep homes ready
    between two uses.
    """

    @abstractmethod
    def capabilities(self) -> Capabilities:
        """Say what this provider can do."""

    @abstractmethod
    def open(
        self, sandbox_id: str, snapshot: Snapshot | None, blobs: Blobs
    ) -> AbstractContextManager[Sandbox]:
        """Open a sandbox with the home of a snapshot, or an empty one."""

    @abstractmethod
    def look(
        self, sandbox_id: str, snapshot: Snapshot | None, blobs: BlobSource
    ) -> AbstractContextManager[View]:
        """Open the home of a snapshot for reading.

        A provider MAY offer this; then any number of views MUST be possible side by side,
        and beside an open sandbox. Raises ``SetupError`` where it is not offered.
        """

    @abstractmethod
    def destroy(self, sandbox_id: str) -> None:
        """Forget everything that is kept ready for a sandbox. Nothing there is no error."""
