"""The homes that a worker keeps ready, so that a command need not wait until one is unpacked.

::

    homes/<sandbox id>/          0711, the worker's
        home/                    0700, the sandbox's own user's
        note                     which snapshot the home is, written when it is whole
    homes/<sandbox id>@<snapshot>/    the same, a copy that is only read
    users/<user id>              which sandbox has this user; a user is never shared

A home is a copy: the snapshot in storage is what counts. One whose note is
missing, or speaks of another snapshot, is emptied and made anew.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import msgspec

from backline.clock import now_ms
from backline.errors import Conflict, SetupError
from backline.sandbox.bubblewrap import Identity, Start, started
from backline.sandbox.keeper import Keeper
from backline.sandbox.snapshot import Entry, Index

FIRST_USER_ID: Final = 1_900_000_000
"""Above every range that systemd's and the container tools' conventions give to anyone."""
USER_COUNT: Final = 65_536
READY_HOMES: Final = 32
"""So many homes a worker keeps ready."""
READY_SECONDS: Final = 7 * 24 * 3600
"""And for so long after their last use: as long as snapshots are kept."""
_SHARED_CACHE: Final = Path("/var/cache/backline")


class Note(msgspec.Struct, frozen=True):
    """What a ready home holds."""

    digest: str
    """Of the snapshot's index."""
    index: Index
    entries: tuple[Entry, ...]
    """As they lie on this disk, with its inodes and times."""
    used_at: int


class Home:
    """One home of one sandbox, locked for this process."""

    def __init__(self, folder: Path, identity: Identity, start: Start) -> None:
        self._folder = folder
        self.start = start
        """What runs commands in it."""
        self.identity = identity
        self.descriptor = -1
        """Of the folder that is the home inside."""
        self.is_new = False
        """Whether nothing was ever in it."""

    @property
    def keeper(self) -> Keeper:
        return Keeper(self.descriptor, self.identity, self.start)

    def read_note(self) -> Note | None:
        """Return what the home holds, None if that is not known for sure."""
        return _read_note(self._folder)

    def write_note(self, note: Note) -> None:
        """Say that the home is whole, and what it is."""
        draft = self._note.with_suffix(".draft")
        draft.write_bytes(msgspec.msgpack.encode(note))
        draft.replace(self._note)

    def drop_note(self) -> None:
        """Say that the home may be anything from now on."""
        self._note.unlink(missing_ok=True)

    @property
    def _note(self) -> Path:
        return self._folder / "note"


class Homes:
    """All homes of one worker's folder; several processes may share it.

    ``start`` is what runs commands in them: behind walls, unless something else is said.
    """

    def __init__(
        self, folder: Path, first_user_id: int = FIRST_USER_ID, *, start: Start = started
    ) -> None:
        self._start = start
        self._homes = folder / "homes"
        self._users = folder / "users"
        self._first_user_id = first_user_id
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        for part in (self._homes, self._users):
            part.mkdir(mode=0o711, exist_ok=True)

    @contextmanager
    def open(self, sandbox_id: str) -> Iterator[Home]:
        """Lock the home of a sandbox, making an empty one if there is none.

        Raises ``Conflict`` when another process has it open.
        """
        folder = self._homes / sandbox_id
        with _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB), self._opened(folder) as home:
            yield home

    @contextmanager
    def open_copy(
        self, sandbox_id: str, digest: str, fill: Callable[[Home], None]
    ) -> Iterator[Home]:
        """Open a copy of a sandbox's home for reading, beside whoever else reads it.

        ``digest`` is that of the snapshot which the copy is of. ``fill`` makes it that when it
        is not yet, with nobody else in it.
        """
        folder = self._homes / f"{sandbox_id}@{digest[:16]}"
        with _locked(folder, fcntl.LOCK_SH) as lock:
            while not _is_of(folder, digest):
                self._drop_copies(sandbox_id, but=folder)
                fcntl.flock(lock, fcntl.LOCK_EX)
                with self._opened(folder) as home:
                    fill(home)
                # The kernel may let another in between the two.
                fcntl.flock(lock, fcntl.LOCK_SH)
            with self._opened(folder) as home:
                yield home

    def _drop_copies(self, sandbox_id: str, but: Path) -> None:
        """Remove the copies of a sandbox's older snapshots that nobody reads any more."""
        for folder in self._homes.glob(f"{sandbox_id}@*"):
            if folder != but:
                with contextlib.suppress(Conflict, OSError):
                    self.destroy(folder.name)

    @contextmanager
    def _opened(self, folder: Path) -> Iterator[Home]:
        home = Home(folder, self._identity(folder.name), self._start)
        home.is_new = _make_home(folder / "home", home.identity)
        home.descriptor = _open_home(folder / "home")
        try:
            yield home
        finally:
            os.close(home.descriptor)

    def tidy(self, keep: int = READY_HOMES) -> None:
        """Remove the homes that were not used for longest, and all that were not for a week.

        Those in use are left alone.
        """
        by_age = sorted(self._homes.iterdir(), key=_last_used, reverse=True)
        oldest = now_ms() / 1000 - READY_SECONDS
        forgotten = [folder for folder in by_age[:keep] if _last_used(folder) < oldest]
        for folder in (*by_age[keep:], *forgotten):
            with contextlib.suppress(Conflict, OSError):
                self.destroy(folder.name)

    def destroy(self, sandbox_id: str) -> None:
        """Remove the home of a sandbox, and give its user back last of all."""
        if not (self._homes / sandbox_id).is_dir():
            return
        with self.open(sandbox_id) as home:
            home.drop_note()
            home.keeper.empty()
            folder = self._homes / sandbox_id
            (folder / "home").rmdir()
            for rest in folder.iterdir():
                rest.unlink()
            folder.rmdir()
            (self._users / str(home.identity.user_id)).unlink(missing_ok=True)

    def _identity(self, sandbox_id: str) -> Identity:
        """Return the host user of a sandbox: its own if this process may choose, else this one's."""
        if os.getuid() != 0:
            return Identity(os.getuid(), os.getgid())
        kept = self._homes / sandbox_id / "user"
        if not kept.exists():
            kept.write_text(str(self._claim_user(sandbox_id)))
        user_id = int(kept.read_text())
        return Identity(user_id, user_id)

    def _claim_user(self, sandbox_id: str) -> int:
        for _ in range(1000):
            user_id = self._first_user_id + secrets.randbelow(USER_COUNT)
            with contextlib.suppress(FileExistsError):
                with (self._users / str(user_id)).open("x") as claim:
                    claim.write(sandbox_id)
                return user_id
        raise SetupError(
            f"no user id is free for another sandbox in {self._users}: remove sandboxes"
        )


def choose_folder(data_dir: Path) -> Path:
    """Return where this worker's homes lie.

    Beside its other data; but root's sandboxes belong to other users, who must
    be able to pass through every folder on the way. Where they can not, a
    folder of the system's cache is used, one per data directory.
    """
    if os.getuid() != 0 or _is_passable(data_dir):
        return data_dir / "sandboxes"
    name = hashlib.sha256(str(data_dir).encode()).hexdigest()[:12]
    return _SHARED_CACHE / name


def _read_note(folder: Path) -> Note | None:
    try:
        return msgspec.msgpack.decode((folder / "note").read_bytes(), type=Note)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _is_of(folder: Path, digest: str) -> bool:
    """Tell whether a home is, for sure, that of a snapshot; "" is the empty one."""
    note = _read_note(folder)
    return note is not None and note.digest == digest


def _is_passable(folder: Path) -> bool:
    return all(place.stat().st_mode & 0o001 for place in (folder, *folder.parents))


def _last_used(folder: Path) -> float:
    """Return when a home was last opened: its lock is touched then."""
    try:
        return (folder / "lock").stat().st_mtime
    except FileNotFoundError:
        return 0.0


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[IO[str]]:
    """Lock a home's folder, making it if there is none.

    Raises ``Conflict`` when ``how`` says not to wait, and somebody else has it.
    """
    while (lock := _lock(folder, how)) is None:
        pass
    with lock:
        yield lock


def _lock(folder: Path, how: int) -> IO[str] | None:
    """Return the locked file, None when the folder was removed meanwhile.

    Whoever removes a home holds its lock to the end, so what was waited for may be gone.
    """
    folder.mkdir(mode=0o711, exist_ok=True)
    path = folder / "lock"
    try:
        lock = path.open("w")
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, how)
        if path.stat().st_ino == os.fstat(lock.fileno()).st_ino:
            return lock
    except FileNotFoundError:
        pass
    except BlockingIOError:
        lock.close()
        raise Conflict(f"sandbox {folder.name} is in use: try again when it is free") from None
    lock.close()
    return None


def _make_home(path: Path, identity: Identity) -> bool:
    """Make the folder of a home if there is none. Returns whether it was made."""
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        return False
    if os.getuid() != identity.user_id:
        _give(path, identity)
    return True


def _give(path: Path, identity: Identity) -> None:
    try:
        os.chown(path, identity.user_id, identity.group_id)
    except OSError as trouble:
        path.rmdir()
        raise SetupError(
            f"root can not give a sandbox the user {identity.user_id} here ({trouble.strerror}):"
            " this is a container that has few users of its own; start the worker in it as an"
            " ordinary user, or map users from 1900000000 on"
        ) from trouble


def _open_home(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)


def note_of(digest: str, index: Index, entries: tuple[Entry, ...]) -> Note:
    """Make the note of a home that is whole now."""
    return Note(digest, index, entries, now_ms())
