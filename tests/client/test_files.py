"""Files on their way: whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from backline.client import Client
from backline.errors import InvalidInput, NotFound, SetupError
from tests.client.scripted import Scripted

UPLOADED = (
    b'{"status":"success","files":[{"fileId":"file_1","fileName":"a.mp3","mimeType":"audio/mpeg",'
    b'"sizeBytes":3,"slug":"a","signedUrl":"http://127.0.0.1/x"}]}'
)


def test_a_file_is_sent_as_a_form(scripted: Scripted, client: Client, tmp_path: Path) -> None:
    """The bytes and the name travel in a multipart form, for the account that is named."""
    song = tmp_path / "a.mp3"
    song.write_bytes(b"\x00\x01\x02")
    scripted.script = [(201, UPLOADED)]
    assert client.files.upload(song, account_id="someone").file_id == "file_1"
    [(method, path, headers, body)] = scripted.asked
    assert (method, path) == ("POST", "/api/files")
    assert headers["content-type"].startswith("multipart/form-data")
    assert b'filename="a.mp3"' in body
    assert b"\x00\x01\x02" in body
    assert b"someone" in body


def test_a_file_that_can_not_be_read_is_named(client: Client, tmp_path: Path) -> None:
    """A missing file is told by its path."""
    with pytest.raises(InvalidInput, match=r"can not read .*gone\.mp3"):
        client.files.upload(tmp_path / "gone.mp3")


def test_a_download_is_whole(scripted: Scripted, client: Client, tmp_path: Path) -> None:
    """The file holds what was sent, and nothing else lies beside it; no key was needed."""
    scripted.script = [(200, b"film" * 100_000)]
    path = client.files.download(f"{scripted.url}/link", tmp_path / "film.mp4")
    assert path.read_bytes() == b"film" * 100_000
    assert list(tmp_path.iterdir()) == [path]
    assert "x-api-key" not in scripted.asked[0][2]


def test_a_link_is_opened_where_the_server_is_reached(
    scripted: Scripted, client: Client, tmp_path: Path
) -> None:
    """A server behind another name, or started again on another port, is asked all the same."""
    scripted.script = [(200, b"film")]
    link = "http://127.0.0.1:1/api/files/file_1/film.mp4?expires=1&signature=x"
    client.files.download(link, tmp_path / "film.mp4")
    assert scripted.asked[0][1] == "/api/files/file_1/film.mp4?expires=1&signature=x"


def test_a_cut_download_leaves_the_earlier_file(
    scripted: Scripted, client: Client, tmp_path: Path
) -> None:
    """When the line breaks half-way, no half file appears and the old one stays."""
    path = tmp_path / "film.mp4"
    path.write_bytes(b"earlier")
    scripted.script = [(200, b"half")]
    scripted.promised_bytes = 4
    with pytest.raises(SetupError):
        client.files.download(f"{scripted.url}/link", path)
    assert path.read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_that_ended_is_told(scripted: Scripted, client: Client, tmp_path: Path) -> None:
    """The server's words about a link come through, and no file appears."""
    scripted.script = [(404, b'{"error":"this link has expired"}')]
    with pytest.raises(NotFound, match="expired"):
        client.files.download(f"{scripted.url}/link", tmp_path / "film.mp4")
    assert not list(tmp_path.iterdir())


def test_a_place_that_can_not_be_written_is_named(
    scripted: Scripted, client: Client, tmp_path: Path
) -> None:
    """A folder that does not exist is told by the path that was wanted."""
    scripted.script = [(200, b"film")]
    with pytest.raises(InvalidInput, match=r"can not write .*nowhere"):
        client.files.download(f"{scripted.url}/link", tmp_path / "nowhere" / "film.mp4")
