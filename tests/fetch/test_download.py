"""Downloads of callers' URLs: what arrives, what is refused, and what is left behind."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from backline.errors import AbortRun, FetchError
from backline.fetch import Fetched, fetch, network
from tests.fetch.web import Web, answer, redirect, write_certificate

SONG = b"fLaC" + bytes(20_000)


@pytest.fixture
def web() -> Iterator[Web]:
    serving = Web()
    yield serving
    serving.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "into"
    path.mkdir()
    return path


def get(url: str, into: Path, **chosen: Any) -> Fetched:
    """Fetch from the test's own web, which lies in a private network."""
    return fetch(url, into, **({"max_bytes": 100_000, "allow_private": True} | chosen))


def resolve_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let the name server give one list of addresses after the other; return who was asked for."""
    asked: list[str] = []
    remaining = list(answers)
    ask = socket.getaddrinfo

    def resolve(host: str, port: int, *args: Any, **named: Any) -> list[tuple[Any, ...]]:
        if host[0].isdigit():
            return ask(host, port, *args, **named)
        asked.append(host)
        addresses = remaining.pop(0) if len(remaining) > 1 else remaining[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in addresses]

    monkeypatch.setattr(network.socket, "getaddrinfo", resolve)
    return asked


def test_a_file_arrives_whole(web: Web, folder: Path) -> None:
    """Content, name, type and size are those of the file."""
    web.pages["/songs/Night%20Drive.flac"] = answer(200, SONG, content_type="text/html")
    got = get(f"{web.url}/songs/Night%20Drive.flac?token=secret", folder, accept={"audio/*"})
    assert got == Fetched(
        path=folder / "Night Drive.flac",
        file_name="Night Drive.flac",
        mime_type="audio/flac",
        size_bytes=len(SONG),
    )
    assert got.path.read_bytes() == SONG
    assert web.asked[0][0] == "/songs/Night%20Drive.flac?token=secret"


def test_a_target_that_is_no_folder_is_the_file(web: Web, folder: Path) -> None:
    """A caller that knows the file's place says it."""
    web.pages["/a.flac"] = answer(200, SONG)
    got = get(f"{web.url}/a.flac", folder / "song.flac")
    assert (got.path, got.file_name) == (folder / "song.flac", "a.flac")
    assert [path.name for path in folder.iterdir()] == ["song.flac"]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="Demo.flac"', "Demo.flac"),
        ("attachment; filename*=UTF-8''N%C3%A4chtlich.flac", "Nächtlich.flac"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ("attachment; filename*=nonsense''%ff%fe", None),
        ("attachment", "x"),
        (";;;===\xff", "x"),
    ],
)
def test_the_servers_name_for_a_file_is_made_safe(
    web: Web, folder: Path, header: str, name: str | None
) -> None:
    """The server may name the file, and may not choose where it lands."""
    web.pages["/x"] = answer(200, SONG, content_disposition=header)
    got = get(f"{web.url}/x", folder)
    assert got.path.parent == folder
    assert name is None or got.file_name == name


def test_a_bare_address_gets_a_name_by_its_kind(web: Web, folder: Path) -> None:
    """Without any name a song is called a download."""
    web.pages["/"] = answer(200, SONG)
    assert get(web.url, folder).file_name == "download.flac"


def test_nothing_of_ours_is_told_to_the_server(
    web: Web, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No proxy of the environment, no cookies, no compression; the host is the URL's."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    web.pages["/a.flac"] = answer(200, SONG)
    get(f"{web.url}/a.flac", folder)
    _, headers = web.asked[0]
    assert set(headers) == {"host", "user-agent", "accept", "accept-encoding"}
    assert headers["host"] == f"127.0.0.1:{web.port}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(web: Web, folder: Path, status: int) -> None:
    """A moved file is found, and named as where it was found."""
    web.pages["/old"] = redirect("/new/song.flac", status)
    web.pages["/new/song.flac"] = answer(200, SONG)
    assert get(f"{web.url}/old", folder).file_name == "song.flac"


def test_five_redirects_are_the_most(web: Web, folder: Path) -> None:
    """The sixth redirect is one too many."""
    for number in range(6):
        web.pages[f"/{number}"] = redirect(f"/{number + 1}")
    web.pages["/6"] = answer(200, SONG)
    assert get(f"{web.url}/1", folder)
    with pytest.raises(FetchError, match="redirects more than 5 times"):
        get(f"{web.url}/0", folder)


@pytest.mark.parametrize(
    "target",
    ["file:///etc/passwd", "ftp://example.com/x", "http://user:pw@example.com/", "http://[", ""],
)
def test_a_redirect_is_judged_like_a_url(web: Web, folder: Path, target: str) -> None:
    """A redirect leads nowhere that a caller's own URL may not lead."""
    web.pages["/x"] = redirect(target)
    with pytest.raises(FetchError):
        get(f"{web.url}/x", folder)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"],
)
def test_private_addresses_are_refused(folder: Path, host: str) -> None:
    """Without permission, nothing behind our own door is asked."""
    with pytest.raises(FetchError, match="not a public one"):
        fetch(f"http://{host}/", folder, max_bytes=1000)


def test_metadata_addresses_are_refused_even_with_permission(folder: Path) -> None:
    """A cloud's metadata service is never what a caller needs."""
    with pytest.raises(FetchError, match="link-local"):
        get("http://169.254.169.254/latest/meta-data", folder)


def test_a_redirect_into_a_private_network_is_refused(
    web: Web, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address is judged again after each redirect."""
    web.pages["/x"] = redirect(f"http://second.example.com:{web.port}/private")
    web.pages["/private"] = answer(200, SONG)
    asked = resolve_to(monkeypatch, ["127.0.0.1"], ["169.254.1.1"])
    with pytest.raises(FetchError, match=r"second\.example\.com.*link-local"):
        get(f"http://first.example.com:{web.port}/x", folder)
    assert asked == ["first.example.com", "second.example.com"]
    assert [path for path, _ in web.asked] == ["/x"]


def test_the_address_that_was_judged_is_the_one_connected_to(
    web: Web, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name is resolved once: a name server that changes its mind changes nothing."""
    web.pages["/a.flac"] = answer(200, SONG)
    asked = resolve_to(monkeypatch, ["127.0.0.1"], ["10.255.255.1"])
    get(f"http://rebinding.example.com:{web.port}/a.flac", folder)
    assert asked == ["rebinding.example.com"]
    assert web.asked[0][1]["host"] == f"rebinding.example.com:{web.port}"


def test_one_private_address_among_public_ones_is_a_trap(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name with a public and a private address is refused, whichever comes first."""
    resolve_to(monkeypatch, ["93.184.216.34", "127.0.0.1"])
    with pytest.raises(FetchError, match="loopback"):
        fetch("http://mixed.example.com/", folder, max_bytes=1000)


def test_the_next_address_is_tried(web: Web, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a host's first address does not answer, its second does."""
    web.pages["/a.flac"] = answer(200, SONG)
    resolve_to(monkeypatch, ["127.0.0.2", "127.0.0.1"])
    assert get(f"http://two.example.com:{web.port}/a.flac", folder).size_bytes == len(SONG)


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(SONG)
    except OSError:
        return


def lying(handler: BaseHTTPRequestHandler) -> None:
    answer(200, SONG, content_length=str(len(SONG) * 2))(handler)


@pytest.mark.parametrize(
    ("page", "chosen", "words"),
    [
        (answer(404), {}, "answered 404"),
        (answer(200, b""), {}, "is empty"),
        (answer(204), {}, "answered 204"),
        (answer(200, SONG), {"max_bytes": 1000}, "larger than"),
        (endless, {}, "larger than 0.09537 MiB"),
        (lying, {}, "could not be fetched"),
        (answer(200, SONG), {"accept": {"image/*"}}, "audio/flac; wanted: image/"),
        (answer(200, b"\0" * 9000), {"accept": {"audio/*"}}, "of no known kind"),
        (answer(200, b"tiny\0"), {"accept": {"audio/*"}}, "of no known kind"),
        (answer(200, SONG, content_encoding="gzip"), {}, "compressed"),
    ],
)
def test_a_refused_download_leaves_nothing(
    web: Web, folder: Path, page: Any, chosen: dict[str, Any], words: str
) -> None:
    """The message names the URL without its secrets, and the folder stays empty."""
    web.pages["/x.flac"] = page
    with pytest.raises(FetchError, match=words) as refused:
        get(f"{web.url}/x.flac?token=hunter2", folder, **chosen)
    assert f"{web.url}/x.flac" in str(refused.value)
    assert "hunter2" not in str(refused.value)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("page", "is_permanent"),
    [
        (answer(400), True),
        (answer(403), True),
        (answer(404), True),
        (answer(410), True),
        (answer(200, b""), True),
        (answer(200, SONG * 6), True),
        (answer(200, b"\0" * 9000), True),
        (redirect("ftp://example.com/a"), True),
        (redirect("/x.flac"), True),
        (answer(408), False),
        (answer(429), False),
        (answer(500), False),
        (answer(502), False),
        (answer(503), False),
        (lying, False),
        (lambda handler: handler.connection.close(), False),
    ],
)
def test_only_what_may_pass_is_worth_another_attempt(
    web: Web, folder: Path, page: Any, is_permanent: bool
) -> None:
    """A server's own trouble may be over in a minute; its refusals and our own stay."""
    web.pages["/x.flac"] = page
    with pytest.raises(FetchError) as failed:
        get(f"{web.url}/x.flac", folder, accept={"audio/*"})
    assert failed.value.permanent is is_permanent
    assert isinstance(failed.value, AbortRun) is is_permanent


def test_slowness_and_closed_doors_may_pass_and_private_networks_never_open(folder: Path) -> None:
    """A port where nobody listens yet is no reason to give up; an address behind our door is."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(FetchError, match="longer than") as slow:
            get(f"http://127.0.0.1:{port}/", folder, timeout_seconds=0.2)
    with pytest.raises(FetchError, match="could not be fetched") as closed:
        get(f"http://127.0.0.1:{port}/", folder)
    with pytest.raises(FetchError, match="loopback") as private:
        fetch("http://127.0.0.1/", folder, max_bytes=1000)
    with pytest.raises(FetchError, match="no host") as unknown:
        fetch("http://music.invalid/a.mp3", folder, max_bytes=1000)
    permanent = [failed.value.permanent for failed in (slow, closed, private)]
    assert permanent == [False, False, True]
    # A machine without a name server can not tell; it says so, and the run is tried again.
    assert "music.invalid" in str(unknown.value)


def test_an_unwelcome_kind_is_refused_before_it_is_all_here(web: Web, folder: Path) -> None:
    """A huge video is not downloaded to learn that a picture was wanted."""
    web.pages["/x"] = endless
    with pytest.raises(FetchError, match="wanted: image/png"):
        get(f"{web.url}/x", folder, accept={"image/png"}, max_bytes=10**12)


def test_a_server_that_drips_is_left_at_the_deadline(web: Web, folder: Path) -> None:
    """One byte now and then keeps no connection open beyond the time that is given."""
    stop = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while not stop.wait(0.02):
                handler.wfile.write(b"x")
        except OSError:
            return

    web.pages["/slow"] = drip
    try:
        with pytest.raises(FetchError, match=r"longer than 0\.3 seconds"):
            get(f"{web.url}/slow", folder, timeout_seconds=0.3)
    finally:
        stop.set()
    assert list(folder.iterdir()) == []


def test_a_server_that_drips_its_headers_is_left_too(folder: Path) -> None:
    """The deadline also counts before the first byte of content."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
                while not stop.wait(0.02):
                    connection.sendall(b"x")

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            with pytest.raises(FetchError, match="longer than"):
                get(f"http://127.0.0.1:{listening.getsockname()[1]}/", folder, timeout_seconds=0.3)
        finally:
            stop.set()
            thread.join()


@pytest.mark.parametrize("words", [b"not http at all\r\n\r\n", b"", b"HTTP/1.1 999999 \r\n\r\n"])
def test_a_server_that_speaks_no_http_is_a_clear_failure(folder: Path, words: bytes) -> None:
    """Whatever listens there, the answer is a FetchError."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(words)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(FetchError, match="could not be fetched"):
            get(f"http://127.0.0.1:{listening.getsockname()[1]}/", folder)
        thread.join()


def test_an_unknown_host_is_a_clear_failure(folder: Path) -> None:
    """``.invalid`` is a name that never exists (RFC 2606)."""
    with pytest.raises(FetchError, match=r"no host music\.invalid is known"):
        fetch("http://music.invalid/a.mp3", folder, max_bytes=1000)


@pytest.fixture
def secure_web(web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Put the web behind TLS with a certificate for one name, which the test's machine trusts."""

    def secure(name: str) -> str:
        certificate = tmp_path / "certificate.pem"
        write_certificate(certificate, name)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        web.secure(certificate)
        return f"https://songs.example.com:{web.port}"

    return secure


def test_the_certificate_is_checked_against_the_name(
    web: Web,
    folder: Path,
    secure_web: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Though the connection goes to an address, TLS speaks of the name in the URL."""
    url = secure_web("songs.example.com")
    web.pages["/a.flac"] = answer(200, SONG)
    resolve_to(monkeypatch, ["127.0.0.1"])
    assert get(f"{url}/a.flac", folder).size_bytes == len(SONG)
    assert web.server_names == ["songs.example.com"]


def test_another_names_certificate_is_refused(
    web: Web,
    folder: Path,
    secure_web: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A trusted certificate of somebody else is no certificate of this host."""
    url = secure_web("other.example.com")
    resolve_to(monkeypatch, ["127.0.0.1"])
    with pytest.raises(FetchError, match="certificate verify failed") as refused:
        get(f"{url}/a.flac", folder)
    assert refused.value.permanent
    assert web.asked == []
