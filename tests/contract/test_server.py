"""What only a real server can show: large uploads, ranges, HEAD, and bodies that are cut off."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import httpx
import pytest

from tests.cast import Cast

SONG = b"fLaC" + bytes(3_000_000)


@pytest.fixture
def key(cast: Cast) -> dict[str, str]:
    return {"x-api-key": cast.alice.api_key}


def test_a_song_goes_in_and_comes_out_whole(web: httpx.Client, key: dict[str, str]) -> None:
    """Streamed both ways, whole, in part, and as headers alone."""
    answer = web.post("/api/files", headers=key, files={"file": ("night.flac", SONG)})
    assert answer.status_code == 201
    link = answer.json()["files"][0]["signedUrl"]
    assert web.get(link).content == SONG
    part = web.get(link, headers={"range": "bytes=2999990-"})
    assert (part.status_code, part.content) == (206, SONG[2_999_990:])
    head = web.head(link)
    assert (head.content, head.headers["content-length"]) == (b"", str(len(SONG)))
    # The connection is still good for the next request.
    assert web.get("/api/accounts/id", headers=key).status_code == 200


def test_an_upload_that_breaks_off_leaves_nothing(
    web: httpx.Client, key: dict[str, str], cast: Cast
) -> None:
    """The caller hangs up in the middle of a file."""
    parts = urlsplit(str(web.base_url))
    head = (
        "POST /api/files HTTP/1.1\r\nHost: backline\r\n"
        f"x-api-key: {cast.alice.api_key}\r\nContent-Length: 1000000\r\n"
        "Content-Type: multipart/form-data; boundary=X\r\n\r\n"
        '--X\r\nContent-Disposition: form-data; name="file"; filename="a.flac"\r\n\r\n'
    )
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        connection.sendall(head.encode() + SONG[:50_000])
    assert web.get("/api/files", headers=key).json()["files"] == []


def test_methods_are_answered_as_promised(web: httpx.Client, key: dict[str, str]) -> None:
    """HEAD without a body, OPTIONS without credentials, others with what is allowed."""
    head, get = web.head("/api/tasks/runs", headers=key), web.get("/api/tasks/runs", headers=key)
    assert head.headers["content-length"] == get.headers["content-length"] == str(len(get.content))
    options = web.options("/api/tasks/runs")
    assert (options.status_code, options.content) == (200, b"")
    assert web.delete("/api/tasks/runs").headers["allow"] == "GET, HEAD, OPTIONS, POST"


def test_a_secret_key_is_not_written_anywhere(
    web: httpx.Client, key: dict[str, str], cast: Cast
) -> None:
    """Not even when a request is refused with it."""
    for path in ("/api/tasks/runs?limit=0", "/api/nothing", "/api/content/templates/x"):
        assert cast.alice.api_key not in web.get(path, headers=key).text
