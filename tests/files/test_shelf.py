"""The shelf: whole, welcome files are kept and found again; whatever fails leaves nothing."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import sqlalchemy as sa

from backline.db import Database
from backline.errors import AccessDenied, InvalidInput, NotFound, TooLarge, UnsupportedType
from backline.files import File, Shelf
from backline.files.tables import files
from backline.settings import Settings
from backline.storage import open_store
from tests.cast import settings_in
from tests.storage.bucket import running_bucket

LIMIT = 64 * 1024
SONG = b"fLaC" + bytes(20_000)
ANN, BEN = "account-ann", "account-ben"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path / "data", max_upload_bytes=LIMIT)


@pytest.fixture
def shelf(database: Database, settings: Settings) -> Shelf:
    return Shelf(database, open_store(settings.storage_url), settings)


def upload(
    shelf: Shelf, content: bytes = SONG, name: str = "Night Drive.flac", account_id: str = ANN
) -> File:
    with shelf.receive(account_id, name) as incoming:
        for start in range(0, len(content), 1000):
            incoming.write(content[start : start + 1000])
        return incoming.keep()


def everything_kept(database: Database, settings: Settings) -> list[object]:
    """Return every row, draft and stored object."""
    with database.read() as connection:
        rows = list(connection.execute(sa.select(files.c.id)).scalars())
    folders = (Path(settings.storage_url), settings.data_dir / "drafts")
    return rows + [path for folder in folders for path in folder.rglob("*") if path.is_file()]


def test_an_upload_is_described_by_its_content(shelf: Shelf) -> None:
    """Type, size and hash are those of the bytes; the name is only a name."""
    file = upload(shelf, name="../Night Drive.exe")
    assert (file.account_id, file.origin, file.kind) == (ANN, "uploaded", "audio")
    assert (file.file_name, file.slug) == ("Night Drive.exe", "night-drive")
    assert (file.mime_type, file.size_bytes) == ("audio/flac", len(SONG))
    assert file.sha256 == hashlib.sha256(SONG).hexdigest()
    assert file.id.startswith("file_")
    assert file.storage_key == f"{ANN}/{file.id}/Night Drive.exe"


def test_an_upload_is_found_and_lent(shelf: Shelf, tmp_path: Path) -> None:
    """What was taken in comes out the same."""
    file = upload(shelf)
    assert shelf.find(file.id) == file
    shelf.lend(file, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == SONG
    path = shelf.local_path(file)
    assert path is not None
    assert path.read_bytes() == SONG


@pytest.mark.parametrize("place", ["folder", "bucket"])
def test_a_file_is_brought_under_its_own_name(
    database: Database, settings: Settings, tmp_path: Path, place: str
) -> None:
    """A task that reads a song from its path also learns what the song is called."""
    with running_bucket() as bucket:
        store = open_store(settings.storage_url if place == "folder" else bucket.url)
        shelf = Shelf(database, store, settings)
        path = shelf.bring(upload(shelf, name="夜のドライブ #1.flac"), tmp_path / "into")
        assert path.name == "夜のドライブ 1.flac"
        assert path.read_bytes() == SONG


def test_an_upload_leaves_no_draft(shelf: Shelf, database: Database, settings: Settings) -> None:
    """After a good upload there is one row and one stored file."""
    file = upload(shelf)
    assert everything_kept(database, settings) == [file.id, shelf.local_path(file)]


def test_the_limit_itself_is_allowed(shelf: Shelf) -> None:
    """A file of exactly the allowed size is taken."""
    assert upload(shelf, SONG.ljust(LIMIT, b"\0")).size_bytes == LIMIT


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (SONG.ljust(LIMIT + 1, b"\0"), TooLarge, "larger than 0.0625 MiB"),
        (b"", InvalidInput, "'Night Drive.flac' is empty"),
        (b"MZ\x90\x00" + bytes(100), UnsupportedType, "'Night Drive.flac' .* songs .mp3"),
    ],
)
def test_a_refused_upload_leaves_nothing(
    shelf: Shelf,
    database: Database,
    settings: Settings,
    content: bytes,
    error: type[Exception],
    words: str,
) -> None:
    """Too large, empty or of no kind we take: a clear message, and no trace."""
    with pytest.raises(error, match=words):
        upload(shelf, content)
    assert everything_kept(database, settings) == []


def test_a_broken_upload_leaves_nothing(
    shelf: Shelf, database: Database, settings: Settings
) -> None:
    """When the caller's connection breaks halfway, no half-made file stays."""
    with pytest.raises(ConnectionError), shelf.receive(ANN, "a.flac") as incoming:
        incoming.write(SONG)
        raise ConnectionError("gone")
    assert everything_kept(database, settings) == []


def test_a_row_that_can_not_be_written_takes_its_content_along(
    shelf: Shelf, database: Database, settings: Settings
) -> None:
    """Storage keeps nothing that the database does not know."""
    with database.write() as connection:
        connection.execute(sa.text("ALTER TABLE files RENAME TO files_away"))
    try:
        with pytest.raises(sa.exc.DBAPIError):
            upload(shelf)
    finally:
        with database.write() as connection:
            connection.execute(sa.text("ALTER TABLE files_away RENAME TO files"))
    assert everything_kept(database, settings) == []


def test_a_runs_file_is_kept_for_its_account(shelf: Shelf, tmp_path: Path) -> None:
    """A made video lies on the shelf with the type that its maker says."""
    made = tmp_path / "out.bin"
    made.write_bytes(b"a video")
    file = shelf.save(made, account_id=ANN, file_name="clip.mp4", mime_type="video/mp4")
    assert (file.origin, file.kind, file.size_bytes) == ("produced", "video", 7)
    assert file.sha256 == hashlib.sha256(b"a video").hexdigest()
    assert shelf.find(file.id) == file


def test_a_slug_finds_the_newest_upload_of_the_account(shelf: Shelf, tmp_path: Path) -> None:
    """``night-drive`` is Ann's last song of that name: not Ben's, no lyrics, no run's output."""
    upload(shelf)
    newest = upload(shelf, name="night_drive.mp3")
    lyrics = upload(shelf, b"[00:01.00]words", "Night Drive.lrc")
    upload(shelf, account_id=BEN)
    made = tmp_path / "made"
    made.write_bytes(SONG)
    shelf.save(made, account_id=ANN, file_name="night-drive.flac", mime_type="audio/flac")
    assert shelf.find_by_slug(ANN, "night-drive", "audio") == newest
    assert shelf.find_by_slug(ANN, "night-drive", "text") == lyrics
    assert shelf.find_by_slug(ANN, "day-drive", "audio") is None


def test_newest_files_come_first(shelf: Shelf) -> None:
    """A list holds one account's files, the newest first, as many as asked for."""
    made = [upload(shelf, name=f"{number}.flac") for number in range(3)]
    upload(shelf, account_id=BEN)
    assert shelf.newest(ANN, limit=2) == [made[2], made[1]]


def test_a_link_opens_its_file_and_no_other(shelf: Shelf, settings: Settings) -> None:
    """The link carries everything that is needed to find and check it."""
    file = upload(shelf, name="Näch/tlich & 夜.flac")
    parts = urlsplit(shelf.link(file))
    assert parts._replace(path="", query="").geturl() == settings.public_url
    file_id, file_name = map(unquote, parts.path.removeprefix("/api/files/").split("/"))
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert shelf.open_link(file_id, file_name, **query) == file
    other = upload(shelf)
    with pytest.raises(AccessDenied):
        shelf.open_link(other.id, file_name, **query)


def test_a_removed_file_is_gone_everywhere(
    shelf: Shelf, database: Database, settings: Settings, tmp_path: Path
) -> None:
    """Neither row nor content stays, and lending it says so."""
    file = upload(shelf)
    shelf.remove(file)
    assert shelf.find(file.id) is None
    assert everything_kept(database, settings) == []
    with pytest.raises(NotFound):
        shelf.lend(file, tmp_path / "copy")


def test_a_description_holds_a_working_link(shelf: Shelf) -> None:
    """What tasks and the API show of a file."""
    file = upload(shelf)
    shown = shelf.describe(file)
    assert (shown.file_id, shown.storage_key) == (file.id, file.storage_key)
    assert (shown.file_name, shown.mime_type) == ("Night Drive.flac", "audio/flac")
    assert shown.size_bytes == len(SONG)
    assert f"/api/files/{file.id}/Night%20Drive.flac?expires=" in shown.signed_url
