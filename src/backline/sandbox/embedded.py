"""Sandboxes on this machine: bubblewrap's walls around a home that is kept between commands."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import msgspec

from backline.errors import InvalidInput, SetupError, TooLarge
from backline.sandbox.bubblewrap import Order, Started, started
from backline.sandbox.command import Command, Finished, LimitName, Notice, Sink
from backline.sandbox.compression import compress, decompress
from backline.sandbox.doorway import PROXY_VARIABLES, open_door
from backline.sandbox.egress import Rules, serving
from backline.sandbox.feeding import feeding
from backline.sandbox.home import Home, Homes, Note, note_of
from backline.sandbox.limits import Limits
from backline.sandbox.meters import (
    Usage,
    home_usage,
    is_disk_nearly_full,
    memory_bytes,
)
from backline.sandbox.provider import Capabilities, Provider, Sandbox, Saved, overhear
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
    the hosts that a command may reach be in private networks.
    """

    def __init__(
        self, homes: Homes, scratch: Path | None = None, *, allow_private: bool = False
    ) -> None:
        self._homes = homes
        self._scratch = scratch
        self._allow_private = allow_private

    def capabilities(self) -> Capabilities:
        return Capabilities(
            isolation="namespaces",
            has_egress=True,
            has_terminal=True,
            max_duration_seconds=24 * 3600.0,
        )

    @contextmanager
    def open(
        self, sandbox_id: str, snapshot: Snapshot | None, blobs: Blobs
    ) -> Iterator[EmbeddedSandbox]:
        with self._homes.open(sandbox_id) as home:
            note = _prepare(home, snapshot, blobs)
            yield EmbeddedSandbox(home, note, blobs, self._scratch, self._allow_private)

    def destroy(self, sandbox_id: str) -> None:
        self._homes.destroy(sandbox_id)


class EmbeddedSandbox(Sandbox):
    """An open sandbox of this machine."""

    def __init__(
        self, home: Home, note: Note, blobs: Blobs, scratch: Path | None, allow_private: bool
    ) -> None:
        self._home = home
        self._note = note
        self._blobs = blobs
        self._scratch = scratch
        self._allow_private = allow_private
        self._limits = Limits()

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
            return Supervision(room, command.limits, sink, watches).follow()

    def attend(
        self, command: Command, terminal: Terminal, *, notice: Notice = overhear
    ) -> Finished:
        with self._started(command, notice, terminal.inside) as room:
            room.stdin.close()
            return terminal.attend(room, command.limits, self._watches(room, command.limits))

    def _started(
        self, command: Command, notice: Notice, terminal: int | None = None
    ) -> AbstractContextManager[Started]:
        self._limits = command.limits
        self._home.drop_note()
        order = Order(
            command=command.arguments,
            home=self._home.descriptor,
            identity=self._home.identity,
            limits=command.limits,
            cwd=command.cwd,
            variables=(PROXY_VARIABLES if command.hosts else {}) | dict(command.variables),
            terminal=terminal,
            has_way_out=bool(command.hosts),
        )
        return started(order, lambda room: self._way_out(room, command, notice))

    def _watches(self, room: Started, limits: Limits) -> tuple[Watch, ...]:
        return (
            Watch(lambda: _excess_of_memory(room.init_pid, limits), _MEMORY_LOOK_SECONDS),
            Watch(lambda: self._excess_of_home(limits), _HOME_LOOK_SECONDS),
        )

    def _way_out(
        self, room: Started, command: Command, notice: Notice
    ) -> AbstractContextManager[None]:
        """Make the one door to the hosts that a command may reach, if it may reach any."""
        if not command.hosts:
            return nullcontext()
        door = open_door(room.init_pid, self._home.identity)
        return serving(door, Rules(command.hosts, self._allow_private), notice)

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
            return Saved(snapshot=_describe(self._note), is_new=False, changed_files=())
        layer = self._store_layer(entries, difference)
        self._note = self._store_index(entries, layer, difference)
        self._home.write_note(self._note)
        return Saved(snapshot=_describe(self._note), is_new=True, changed_files=difference.files)

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
        usage = _usage(entries)
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
            usage = _usage(self._home.keeper.list())
        return None if usage.fits(limits) else "home"


def _prepare(home: Home, snapshot: Snapshot | None, blobs: Blobs) -> Note:
    """Make the home that of the snapshot, unless it is already."""
    note = home.read_note()
    wanted = snapshot.digest if snapshot else ""
    if note is not None and note.digest == wanted:
        return note
    home.drop_note()
    if not home.is_new:
        home.keeper.empty()
    index = Index((), ()) if snapshot is None else _read_index(blobs, snapshot.digest)
    for layer in index.layers:
        home.keeper.unpack(verified(blobs, layer.digest), layer.removed)
    entries = home.keeper.list() if index.layers else ()
    _verify(index.entries, entries)
    note = note_of(wanted, index, entries)
    home.write_note(note)
    return note


def _read_index(blobs: BlobSource, digest: str) -> Index:
    return read_index(verified(blobs, digest))


def read_index(path: Path) -> Index:
    """Read a snapshot's index from its blob."""
    return msgspec.msgpack.decode(decompress(path.read_bytes()), type=Index)


def verified(blobs: BlobSource, digest: str) -> Path:
    """Fetch a blob and refuse it unless it is, byte for byte, what its name says."""
    path = blobs.fetch(digest)
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != digest:
        raise SetupError(
            f"a piece of a snapshot is damaged (it should be {digest[:12]}…, and is {found[:12]}…):"
            " restore an older snapshot"
        )
    return path


def _verify(wanted: tuple[Entry, ...], found: tuple[Entry, ...]) -> None:
    def facts(entry: Entry) -> tuple[bytes, bytes, int]:
        return entry.path, entry.kind, entry.size_bytes if entry.kind == b"f" else 0

    if [facts(entry) for entry in wanted] != [facts(entry) for entry in found]:
        raise SetupError("a home did not come back from its snapshot whole: restore an older one")


def _describe(note: Note) -> Snapshot:
    usage = _usage(note.index.entries)
    layers = dict.fromkeys(layer.digest for layer in note.index.layers)
    return Snapshot(
        digest=note.digest,
        blobs=(note.digest, *layers),
        home_bytes=usage.size_bytes,
        home_entries=usage.entries,
    )


def _usage(entries: tuple[Entry, ...]) -> Usage:
    return Usage(sum(entry.blocks * 512 for entry in entries), len(entries))


def _excess_of_memory(init_pid: int, limits: Limits) -> LimitName | None:
    return "memory" if memory_bytes(init_pid) > limits.memory_bytes else None


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
