"""Doctor: try on this machine what backline will need, and say what is missing.

Each look does a small piece of the real work: a row is read, a file goes to
storage and back, a caption is drawn, a film is written.
"""

from __future__ import annotations

import platform
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import msgspec

from backline.cli.database import open_database
from backline.cli.options import Data, Json
from backline.cli.reach import find_client
from backline.cli.render import show, show_json
from backline.errors import SetupError
from backline.settings import Settings, read_settings


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one look found."""

    what: str
    ok: bool
    told: str
    needed: bool = True
    """False for what backline can do without."""


def doctor(*, json: Json = False, data: Data = None) -> int:
    """Try what backline needs of this machine; the exit code is 0 when nothing is missing."""
    looks: dict[str, Callable[[], str]] = {
        "python": _python,
        "packages": _packages,
        "database": lambda: _database(data),
        "storage": lambda: _storage(read_settings(data_dir=data)),
        "captions": _captions,
        "video": _video,
        "sandbox": lambda: _sandbox(read_settings(data_dir=data)),
        "server": lambda: _server(data),
    }
    findings = [
        *(_look(what, look) for what, look in looks.items()),
        *_walls(read_settings(data_dir=data)),
    ]
    if json:
        show_json(findings)
    else:
        width = max(len(finding.what) for finding in findings)
        show("\n".join(f"{_mark(each)}  {each.what:{width}}  {each.told}" for each in findings))
    return 0 if all(finding.ok or not finding.needed for finding in findings) else 1


def _mark(finding: Finding) -> str:
    if finding.ok:
        return "ok     "
    return "MISSING" if finding.needed else "absent "


def _look(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what=what, ok=True, told=look())
    except Exception as trouble:  # noqa: BLE001 - whatever goes wrong is the finding
        return Finding(what=what, ok=False, told=" ".join(str(trouble).split())[:300])


def _python() -> str:
    if sys.platform != "linux":
        raise SetupError(f"workers need Linux; this is {platform.system()}")
    return f"{platform.python_version()} on {platform.platform(terse=True)}"


def _packages() -> str:
    # What only an extra asks for is nobody's need unless they chose the extra.
    wanted = [_name(line) for line in requires("backline") or [] if "extra ==" not in line]
    missing = [name for name in wanted if not _is_installed(name)]
    if missing:
        raise SetupError(f"{', '.join(missing)}: install them with `make install`")
    return f"{len(wanted)} of {len(wanted)} installed"


def _name(requirement: str) -> str:
    """Return the name that begins a requirement such as ``psycopg[binary]<4,>=3.3``."""
    end = next((at for at, c in enumerate(requirement) if not (c.isalnum() or c in "-_.")), None)
    return requirement[:end]


def _is_installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _database(data: Path | None) -> str:
    with open_database(data) as (database, _):
        return "SQLite" if database.is_embedded else "Postgres"


def _storage(settings: Settings) -> str:
    from backline.ids import new_id
    from backline.storage import open_store

    store = open_store(settings.storage_url)
    key = f"doctor/{new_id('probe')}"
    with tempfile.TemporaryDirectory() as folder:
        probe = Path(folder) / "probe"
        probe.write_bytes(b"backline")
        store.put_file(key, probe, "application/octet-stream")
        try:
            if store.read_range(key, 0, 8) != b"backline":
                raise SetupError(
                    "what was written does not come back: look at BACKLINE_STORAGE_URL"
                )
            return "a bucket" if store.local_path(key) is None else "a folder"
        finally:
            store.delete(key)


def _captions() -> str:
    from backline.content.caption import draw_caption
    from backline.content.templates import template_ids

    overlay = draw_caption("night drive نغمة 夜 🎧", template_ids()[0])
    if overlay is None or overlay.unshown:
        raise SetupError("some scripts can not be drawn: install the fonts with `make install`")
    return "letters of every script are there"


def _video() -> str:
    from backline.content.media.frame import Planes
    from backline.content.media.video import VideoWriter

    def draw_grey(into: Planes) -> None:
        for plane in into:
            plane[:] = 128

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "probe.mp4"
        with VideoWriter(path) as writer:
            writer.write_frame(draw_grey)
        return f"H.264 and AAC are there ({path.stat().st_size} bytes written)"


def _sandbox(settings: Settings) -> str:
    from backline.sandbox.hosts import read_hosts
    from backline.sandbox.probe import probe

    if settings.is_sandbox_without_walls:
        return "NO WALLS, as BACKLINE_SANDBOX_WITHOUT_WALLS says: commands can do what a worker can"
    read_hosts(settings.sandbox_hosts)
    return f"{probe()}; commands may reach {', '.join(settings.sandbox_hosts) or 'no network'}"


def _walls(settings: Settings) -> list[Finding]:
    """Look at what the walls of sandboxes are made of, piece by piece."""
    from backline.sandbox.features import features

    return [
        Finding(
            what=f"sandbox: {piece.name}",
            ok=piece.is_present,
            told=" ".join(piece.told.split()),
            needed=piece.is_needed,
        )
        for piece in features(settings.sandbox_cgroup)
    ]


def _server(data: Path | None) -> str:
    client = find_client(data)
    if client is None:
        return "none is running for this data directory"
    with client:
        if not client.answers():
            raise SetupError(f"{client.url} does not answer, or does not know the key")
        return client.url
