"""Sandboxes on this machine: bubblewrap's walls around a home that is kept between commands."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import msgspec

from backline.errors import InvalidInput, TooLarge
from backline.sandbox.bubblewrap import Order, Started
from backline.sandbox.cgroup import Group, confined
from backline.sandbox.command import Command, Finished, LimitName, Notice, Sink
from backline.sandbox.compression import compress
from backline.sandbox.doorway import PROXY_VARIABLES, open_door
from backline.sandbox.egress import Rules, serving
from backline.sandbox.feeding import feeding
from backline.sandbox.home import Home, Homes, Note, note_of
from backline.sandbox.limits import Limits
from backline.sandbox.meters import (
    home_usage,
    is_disk_nearly_full,
)
from backline.sandbox.provider import Capabilities, Provider, Sandbox, Saved, View, overhear
from backline.sandbox.restoring import describe, prepare, usage_of
from backline.sandbox.snapshot import (
    MAX_PATH_BYTES,
    Blobs,
    BlobSource,
    Difference,
    Entry,
    Index,
    Layer,
    Snapshot,
    compare,
    is_worth_melting,
    with_parents,
)
from backline.sandbox.supervision import Supervision, Watch
from backline.sandbox.terminal import Terminal

_MEMORY_LOOK_SECONDS = 0.1
_HOME_LOOK_SECONDS = 0.1


class EmbeddedProvider(Provider):
    """Makes sandboxes of this machine's own kernel.

    ``homes`` holds those that are ready; in ``scratch``, the system's folder for temporary
    files if it is not said, archives lie until they are stored. ``allow_private`` lets
    the hosts that a command may reach be in private networks. ``cgroup`` is a control group
    that was set aside; without one, memory is watched.
    """

    def __init__(
        self,
        homes: Homes,
        scratch: Path | None = None,
        *,
        allow_private: bool = False,
        cgroup: Path | None = None,
    ) -> None:
        self._homes = homes
        self._scratch = scratch
        self._surroundings = Surroundings(allow_private=allow_private, cgroup=cgroup)

    def capabilities(self) -> Capabilities:
        return Capabilities(
            isolation="namespaces",
            has_egress=True,
            has_terminal=True,
            has_views=True,
            max_duration_seconds=24 * 3600.0,
        )

    @contextmanager
    def open(
        self, sandbox_id: str, snapshot: Snapshot | None, blobs: Blobs
    ) -> Iterator[EmbeddedSandbox]:
        with self._homes.open(sandbox_id) as home:
            note = prepare(home, snapshot, blobs)
            yield EmbeddedSandbox(home, note, blobs, self._scratch, self._surroundings)

    def look(
        self, sandbox_id: str, snapshot: Snapshot | None, blobs: BlobSource
    ) -> AbstractContextManager[View]:
        return self._look(sandbox_id, snapshot, blobs)

    @contextmanager
    def _look(
        self, sandbox_id: str, snapshot: Snapshot | None, blobs: BlobSource
    ) -> Iterator[View]:
        def fill(home: Home) -> None:
            prepare(home, snapshot, blobs)

        digest = snapshot.digest if snapshot else ""
        with self._homes.open_copy(sandbox_id, digest, fill) as home:
            yield EmbeddedView(home, self._surroundings)

    def destroy(self, sandbox_id: str) -> None:
        self._homes.destroy(sandbox_id)


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator has chosen for all rooms."""

    allow_private: bool
    cgroup: Path | None


class EmbeddedView(View):
    """A home of this machine for commands that only read it."""

    _is_writable = False

    def __init__(self, home: Home, surroundings: Surroundings) -> None:
        self._home = home
        self._surroundings = surroundings
        self._group: Group | None = None

    def run(
        self,
        command: Command,
        sink: Sink,
        *,
        fed: Iterable[bytes] = (),
        notice: Notice = overhear,
    ) -> Finished:
        with (
            self._started(command, notice) as room,
            feeding(room.stdin, fed),
        ):
            watches = self._watches(room, command.limits)
            return self._judged(Supervision(room, command.limits, sink, watches).follow())

    def _started(
        self, command: Command, notice: Notice, terminal: int | None = None
    ) -> AbstractContextManager[Started]:
        order = Order(
            command=command.arguments,
            home=self._home.descriptor,
            identity=self._home.identity,
            limits=command.limits,
            cwd=command.cwd,
            variables=(PROXY_VARIABLES if command.hosts else {}) | dict(command.variables),
            terminal=terminal,
            has_way_out=bool(command.hosts),
            is_home_writable=self._is_writable,
        )
        return self._home.start(order, lambda room: self._fitted(room, command, notice))

    @contextmanager
    def _fitted(self, room: Started, command: Command, notice: Notice) -> Iterator[None]:
        """Give a room, in which nothing runs yet, its control group and its way out, if any."""
        with ExitStack() as stack:
            if self._surroundings.cgroup is not None:
                held = confined(self._surroundings.cgroup, room, command.limits)
                self._group = stack.enter_context(held)
            if command.hosts:
                door = open_door(room.init_pid, self._home.identity)
                rules = Rules(command.hosts, self._surroundings.allow_private)
                stack.enter_context(serving(door, rules, notice))
            yield

    def _judged(self, finished: Finished) -> Finished:
        """Name the limit if it was the kernel that ended the command."""
        if finished.limit is None and self._group is not None and self._group.ran_out_of_memory:
            return msgspec.structs.replace(finished, limit="memory")
        return finished

    def _watches(self, room: Started, limits: Limits) -> tuple[Watch, ...]:
        return (Watch(lambda: _excess_of_memory(room, limits), _MEMORY_LOOK_SECONDS),)


class EmbeddedSandbox(EmbeddedView, Sandbox):
    """An open sandbox of this machine."""

    _is_writable = True

    def __init__(
        self,
        home: Home,
        note: Note,
        blobs: Blobs,
        scratch: Path | None,
        surroundings: Surroundings,
    ) -> None:
        super().__init__(home, surroundings)
        self._note = note
        self._blobs = blobs
        self._scratch = scratch
        self._limits = Limits()

    def attend(
        self, command: Command, terminal: Terminal, *, notice: Notice = overhear
    ) -> Finished:
        with self._started(command, notice, terminal.inside) as room:
            room.stdin.close()
            watches = self._watches(room, command.limits)
            return self._judged(terminal.attend(room, command.limits, watches))

    def _started(
        self, command: Command, notice: Notice, terminal: int | None = None
    ) -> AbstractContextManager[Started]:
        self._limits = command.limits
        self._home.drop_note()
        return super()._started(command, notice, terminal)

    def _watches(self, room: Started, limits: Limits) -> tuple[Watch, ...]:
        home = Watch(lambda: self._excess_of_home(limits), _HOME_LOOK_SECONDS)
        return (*super()._watches(room, limits), home)

    def write(self, files: Mapping[str, Path]) -> None:
        self._home.drop_note()
        for path, local in files.items():
            self._home.keeper.put(_checked_path(path), local)

    def save(self) -> Saved:
        entries = self._home.keeper.list()
        self._refuse_excess(entries)
        difference = compare(self._note.entries, entries)
        if difference.is_empty and self._note.digest:
            self._home.write_note(self._note)
            return Saved(snapshot=describe(self._note), is_new=False, changed_files=())
        layer = self._store_layer(entries, difference)
        self._note = self._store_index(entries, layer, difference)
        self._home.write_note(self._note)
        return Saved(snapshot=describe(self._note), is_new=True, changed_files=difference.files)

    def _store_layer(self, entries: tuple[Entry, ...], difference: Difference) -> Layer:
        paths = (
            [entry.path for entry in entries]
            if is_worth_melting(self._note.index, difference)
            else with_parents(difference.touched, entries)
        )
        with tempfile.TemporaryDirectory(prefix="backline-layer-", dir=self._scratch) as folder:
            archive = Path(folder) / "layer"
            layer = self._home.keeper.pack(paths, archive)
            self._blobs.keep(layer.digest, archive)
        return layer

    def _store_index(
        self, entries: tuple[Entry, ...], layer: Layer, difference: Difference
    ) -> Note:
        if is_worth_melting(self._note.index, difference):
            layers: tuple[Layer, ...] = (layer,)
        else:
            addition = msgspec.structs.replace(layer, removed=difference.removed)
            layers = (*self._note.index.layers, addition)
        index = Index(entries, layers)
        content = compress(msgspec.msgpack.encode(index))
        digest = hashlib.sha256(content).hexdigest()
        with tempfile.NamedTemporaryFile(prefix="backline-index-", dir=self._scratch) as file:
            file.write(content)
            file.flush()
            self._blobs.keep(digest, Path(file.name))
        return note_of(digest, index, entries)

    def _refuse_excess(self, entries: tuple[Entry, ...]) -> None:
        usage = usage_of(entries)
        if not usage.fits(self._limits):
            raise TooLarge(
                f"the home holds {usage.size_bytes:,} bytes in {usage.entries:,} entries, more than"
                f" {self._limits.home_bytes:,} or {self._limits.home_entries:,}: it was not kept"
            )

    def _excess_of_home(self, limits: Limits) -> LimitName | None:
        if is_disk_nearly_full(self._home.descriptor):
            return "home"
        usage = home_usage(self._home.descriptor, limits)
        if usage is None:
            usage = usage_of(self._home.keeper.list())
        return None if usage.fits(limits) else "home"


def _excess_of_memory(room: Started, limits: Limits) -> LimitName | None:
    return "memory" if room.memory_bytes() > limits.memory_bytes else None


def _checked_path(path: str) -> str:
    """Return a path below the home in its plain form. Raises ``InvalidInput``."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    plain = "/".join(parts)
    if path.startswith("/") or ".." in parts or not parts or "\0" in path:
        raise InvalidInput(
            f"path {path[:100]!r} does not lead into the home: say one such as 'notes/todo.txt'",
            "path",
        )
    if len(plain.encode("utf-8", "surrogatepass")) > MAX_PATH_BYTES or any(
        len(part.encode("utf-8", "surrogatepass")) > 255 for part in parts
    ):
        raise InvalidInput(f"path {path[:60]!r}… is too long: 255 bytes per name at most", "path")
    return plain
