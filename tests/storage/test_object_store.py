"""The contract of a store, kept by a folder and by a bucket alike."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from backline.clock import now_ms
from backline.errors import NotFound, SetupError
from backline.storage import Store, open_store
from backline.storage.store import CHUNK_BYTES
from tests.storage.bucket import BucketServer, running_bucket

KEY = "account/file_1.mp3"
CONTENT = bytes(range(256)) * 9000  # 2.3 MB: some chunks of a stream, one request to a bucket


@pytest.fixture
def bucket() -> Iterator[BucketServer]:
    with running_bucket() as server:
        yield server


@pytest.fixture(params=["folder", "file URL", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "bucket":
        return open_store(request.getfixturevalue("bucket").url)
    folder = tmp_path / "my files"
    return open_store(str(folder) if request.param == "folder" else folder.as_uri())


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "song.mp3"
    path.write_bytes(CONTENT)
    return path


def read_stream(store: Store, start: int, end: int) -> list[bytes]:
    async def collect() -> list[bytes]:
        return [chunk async for chunk in store.stream(KEY, start, end)]

    return asyncio.run(collect())


def test_what_was_put_comes_back(store: Store, song: Path, tmp_path: Path) -> None:
    """A file survives the way in and out, byte for byte."""
    store.put_file(KEY, song, "audio/mpeg")
    store.get_to_file(KEY, tmp_path / "back.mp3")
    assert (tmp_path / "back.mp3").read_bytes() == CONTENT
    assert store.size_bytes(KEY) == len(CONTENT)


@pytest.mark.parametrize(
    "name",
    ["夜 & 100%.mp3", "a%20b+c.mp3", "Björk's [live] {x}~^`.mp3", "👩\u200d🎤.mp4", "%2e%2e"],
)
def test_a_key_may_end_in_any_safe_name(
    store: Store, song: Path, tmp_path: Path, name: str
) -> None:
    """Names keep their script and signs on every kind of storage."""
    store.put_file(f"account/file_1/{name}", song, "audio/mpeg")
    store.get_to_file(f"account/file_1/{name}", tmp_path / "back.mp3")
    assert (tmp_path / "back.mp3").read_bytes() == CONTENT


def test_putting_again_replaces(store: Store, song: Path) -> None:
    """The last one put is the one that is there."""
    store.put_file(KEY, song, "audio/mpeg")
    song.write_bytes(b"shorter")
    store.put_file(KEY, song, "audio/mpeg")
    assert store.size_bytes(KEY) == 7


@pytest.mark.parametrize(("start", "end"), [(0, 1), (5, 10), (0, len(CONTENT)), (7, 7), (9, 3)])
def test_a_range_leaves_out_its_end(store: Store, song: Path, start: int, end: int) -> None:
    """Ranges count as Python's slices do, for reading and for streaming."""
    store.put_file(KEY, song, "audio/mpeg")
    assert store.read_range(KEY, start, end) == CONTENT[start:end]
    assert b"".join(read_stream(store, start, end)) == CONTENT[start:end]


def test_a_stream_comes_in_pieces(store: Store, song: Path) -> None:
    """A large file never lies in memory as a whole."""
    store.put_file(KEY, song, "audio/mpeg")
    chunks = read_stream(store, 0, len(CONTENT))
    assert len(chunks) > 1
    assert max(map(len, chunks)) <= 2 * CHUNK_BYTES


def test_what_is_old_is_found_below_its_folder(store: Store, song: Path) -> None:
    """By when it was written; what lies elsewhere is left out."""
    for key in ("analyses/alice/v1/one", "analyses/bob/v1/two", "alice/song.wav"):
        store.put_file(key, song, "audio/wav")
    tomorrow = now_ms() + 24 * 3600 * 1000
    found = set(store.older_than("analyses", tomorrow))
    assert found == {"analyses/alice/v1/one", "analyses/bob/v1/two"}
    assert list(store.older_than("analyses", 0)) == []
    assert list(store.older_than("nothing-here", tomorrow)) == []


def test_deleting_twice_is_as_good_as_once(store: Store, song: Path) -> None:
    """What is gone may be deleted again."""
    store.put_file(KEY, song, "audio/mpeg")
    store.delete(KEY)
    store.delete(KEY)
    with pytest.raises(NotFound, match=KEY):
        store.size_bytes(KEY)


@pytest.mark.parametrize("key", ["account/none.mp3", "../song.mp3", "a/../../song.mp3"])
def test_a_key_that_holds_nothing_is_not_found(
    store: Store, song: Path, tmp_path: Path, key: str
) -> None:
    """Unknown keys, and keys that climb out of the place, are simply not there."""
    for act in (
        lambda: store.size_bytes(key),
        lambda: store.read_range(key, 0, 1),
        lambda: store.get_to_file(key, tmp_path / "back.mp3"),
    ):
        with pytest.raises(NotFound):
            act()
    assert sorted(path.name for path in tmp_path.glob("*.mp3")) == ["song.mp3"]


def test_a_folder_shows_where_a_file_lies(tmp_path: Path, song: Path) -> None:
    """On one machine a file can be opened where it is."""
    store = open_store(str(tmp_path / "files"))
    store.put_file(KEY, song, "audio/mpeg")
    path = store.local_path(KEY)
    assert path is not None
    assert path.read_bytes() == CONTENT
    for key in ("account/none.mp3", "../song.mp3"):
        with pytest.raises(NotFound):
            store.local_path(key)


def test_a_folder_keeps_no_empty_folders(tmp_path: Path, song: Path) -> None:
    """When its last file goes, a folder within goes too."""
    store = open_store(str(tmp_path / "files"))
    store.put_file(KEY, song, "audio/mpeg")
    store.delete(KEY)
    assert list((tmp_path / "files").iterdir()) == []


def test_a_bucket_keeps_the_type_and_has_no_local_path(bucket: BucketServer, song: Path) -> None:
    """What a cloud serves by itself should carry its type."""
    store = open_store(bucket.url)
    store.put_file(KEY, song, "audio/mpeg")
    assert [mime_type for _, mime_type in bucket.objects.values()] == ["audio/mpeg"]
    assert next(iter(bucket.objects)).endswith(f"/music/pre/{KEY}")
    assert store.local_path(KEY) is None


@pytest.mark.parametrize("url", ["weird://place", "s3://music?no_such_option=1"])
def test_a_place_that_can_not_be_names_the_setting(url: str) -> None:
    """The operator learns which variable to change."""
    with pytest.raises(SetupError, match="BACKLINE_STORAGE_URL"):
        open_store(url)


def test_secrets_in_the_url_stay_out_of_the_message() -> None:
    """An error shows neither the query nor a password."""
    with pytest.raises(SetupError) as refused:
        open_store("s3://user:hunter2@music?secret_access_key=hunter2&no_such_option=1")
    assert "hunter2" not in str(refused.value)
