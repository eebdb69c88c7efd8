"""Archives of strangers: every kind becomes one stream of tar, and no size is believed."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from backline.errors import InvalidInput, TooLarge
from backline.sandbox.compression import compress
from backline.sandboxing import archive
from backline.sandboxing.archive import tar_stream
from tests.sandboxing.archives import file, write_tar, write_zip

SONGS = {"a.txt": b"la", "album/b.txt": b"la la", "album/long.bin": b"z" * 70_000}


def read_back(path: Path) -> dict[str, bytes]:
    """Return what the stream holds, by name."""
    stream = io.BytesIO(b"".join(tar_stream(path)))
    with tarfile.open(fileobj=stream) as members:
        return {m.name: members.extractfile(m).read() for m in members if m.isreg()}  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["", "gz", "bz2", "xz", "zst", "zip"])
def test_every_kind_holds_the_same(tmp_path: Path, kind: str) -> None:
    """Judged by their bytes: the file's name says nothing."""
    path = tmp_path / "songs"
    if kind == "zip":
        write_zip(path, SONGS)
    else:
        mode = f"w:{kind}" if kind != "zst" else "w"
        write_tar(path, (file(name, content) for name, content in SONGS.items()), mode)
    if kind == "zst":
        path.write_bytes(compress(path.read_bytes()))

    assert read_back(path) == SONGS


@pytest.mark.parametrize("content", [b"", b"hello", b"\x7fELF" + b"\0" * 600, b"Rar!\x1a\x07"])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    """The message says what is taken."""
    path = tmp_path / "song.mp3"
    path.write_bytes(content)

    with pytest.raises(InvalidInput, match=r"song\.mp3 is no archive.*tar\.gz"):
        list(tar_stream(path))


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "zst", "zip"])
def test_a_damaged_archive_is_refused(tmp_path: Path, kind: str) -> None:
    """A byte in the middle, or the end missing."""
    path = tmp_path / "songs"
    noise = bytes(range(256)) * 300
    if kind == "zip":
        write_zip(path, {"a": noise})
    else:
        write_tar(path, [file("a", noise)], f"w:{kind}" if kind != "zst" else "w")
    if kind == "zst":
        path.write_bytes(compress(path.read_bytes()))
    whole = path.read_bytes()

    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InvalidInput, match="damaged"):
        list(tar_stream(path))


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "zst", "zip"])
def test_a_bomb_is_stopped_at_its_size(tmp_path: Path, kind: str) -> None:
    """Zeros that shrink a thousandfold are read to the limit and no further."""
    path = tmp_path / "bomb"
    zeros = bytes(8_000_000)
    if kind == "zip":
        write_zip(path, {f"f{n}": zeros for n in range(3)})
    else:
        write_tar(
            path, (file(f"f{n}", zeros) for n in range(3)), f"w:{kind}" if kind != "zst" else "w"
        )
    if kind == "zst":
        path.write_bytes(compress(path.read_bytes()))
    read = 0

    with pytest.raises(TooLarge, match="more than 10 MiB"):
        for piece in tar_stream(path, max_bytes=10 * 1024**2):
            read += len(piece)
    assert read <= 10 * 1024**2


def test_a_zip_with_too_many_entries_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before any of them is read."""
    monkeypatch.setattr(archive, "MAX_ENTRIES", 10)
    path = write_zip(tmp_path / "many.zip", {f"f{n}": b"" for n in range(11)})

    with pytest.raises(TooLarge, match="11 entries"):
        list(tar_stream(path))


def test_a_zips_list_of_contents_is_no_bomb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read at once, so it has a limit of its own."""
    monkeypatch.setattr(archive, "_MAX_CONTENTS_BYTES", 70_000)
    path = write_zip(tmp_path / "list.zip", {f"{n}" * 200: b"" for n in range(1000)})

    with pytest.raises(TooLarge, match="list of contents"):
        list(tar_stream(path))


def test_a_zip_that_lies_about_a_size_is_refused(tmp_path: Path) -> None:
    """The tar around it would come apart otherwise."""
    path = write_zip(tmp_path / "lie.zip", {"a": b"short"})
    content = path.read_bytes()
    at = content.rindex(b"PK\x01\x02") + 24
    path.write_bytes(content[:at] + (50).to_bytes(4, "little") + content[at + 4 :])

    with pytest.raises(InvalidInput):
        list(tar_stream(path))


def test_a_locked_zip_is_refused(tmp_path: Path) -> None:
    """Nobody is there to ask for the password."""
    path = write_zip(tmp_path / "locked.zip", {"a": b"secret"})
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)

    with pytest.raises(InvalidInput, match="password"):
        list(tar_stream(path))


def test_a_zip_gives_files_folders_and_links_only(tmp_path: Path) -> None:
    """Modes of devices and the set-user-id bit do not survive."""
    path = tmp_path / "modes.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for name, mode, content in (
            ("device", 0o060644, b""),
            ("link", 0o120777, b"/etc/passwd"),
            ("root", 0o104755, b"#!"),
            ("folder/", 0o040755, b""),
        ):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            packed.writestr(entry, content)
    stream = io.BytesIO(b"".join(tar_stream(path)))

    with tarfile.open(fileobj=stream) as members:
        found = {m.name: (m.type, m.mode, m.linkname) for m in members}

    assert found == {
        "device": (tarfile.REGTYPE, 0o644, ""),
        "link": (tarfile.SYMTYPE, 0o777, "/etc/passwd"),
        "root": (tarfile.REGTYPE, 0o755, ""),
        "folder": (tarfile.DIRTYPE, 0o755, ""),
    }
