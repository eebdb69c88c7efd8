"""The way out to allowed hosts: what goes through, and that nothing else does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.sandbox.stage import RemoteStage, Stage

AnyStage = Stage | RemoteStage


class Site(BaseHTTPRequestHandler):
    """Answers with what it was asked; `/away` leads elsewhere."""

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, body: bytes) -> None:
        self.send_response(302 if self.path == "/away" else 200)
        if self.path == "/away":
            self.send_header("Location", "http://169.254.169.254/latest")
        said = f"{self.command} {self.path} for {self.headers['Host']}".encode() + b" " + body
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_words: object) -> None:
        pass


@contextmanager
def web_server() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a web server of this machine."""
    with web_server() as number:
        yield number


def talk(stage: AnyStage, request: str, hosts: list[str], *, neighbourly: bool = True) -> str:
    """Send a request to the proxy, byte for byte, and return the answer."""
    script = (
        "import socket\n"
        "s = socket.create_connection(('127.0.0.1', 3128), 5); s.settimeout(10)\n"
        f"s.sendall({request.encode('latin-1')!r})\n"
        "while piece := s.recv(65536): print(piece.decode('latin-1'), end='')\n"
    )
    return stage.run("python3", arguments=["-c", script], hosts=hosts, neighbourly=neighbourly).said


def test_plain_http_goes_through(stage: AnyStage, port: int) -> None:
    """Programs find the way by their usual variables; bodies and query arrive."""
    hosts = [f"localhost:{port}"]
    played = stage.run(
        f"curl -sS --noproxy '' 'http://localhost:{port}/a?b=c' -d 'la la'",
        hosts=hosts,
        neighbourly=True,
    )

    assert played.stdout == f"POST /a?b=c for localhost:{port} la la"
    assert played.notices == []


def test_a_tunnel_goes_through(stage: AnyStage, port: int) -> None:
    """Through it the command speaks with the host itself, as it would for TLS."""
    said = talk(
        stage,
        f"CONNECT LOCALHOST:{port} HTTP/1.1\r\n\r\nGET /in HTTP/1.0\r\nHost: x\r\n\r\n",
        [f"localhost:{port}"],
    )

    assert said.startswith("HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.0 200")
    assert "GET /in for x" in said


@pytest.mark.parametrize(
    "target",
    [
        *("CONNECT localhost:{other}", "CONNECT 127.0.0.1:{port}", "GET http://127.0.0.1:{port}/"),
        *("GET http://localhost/", "CONNECT example.com:443", "CONNECT 169.254.169.254:80"),
    ],
)
def test_other_hosts_and_ports_are_refused(stage: AnyStage, port: int, target: str) -> None:
    """An allowed name stands for itself and its port, not for its address."""
    line = target.format(port=port, other=port + 1 if port < 65_535 else 1)
    played = talk(stage, f"{line} HTTP/1.1\r\n\r\n", [f"localhost:{port}"])

    assert played.startswith("HTTP/1.1 403")
    assert "not among the hosts" in played


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "10.0.0.1", "169.254.169.254"])
def test_an_allowed_name_leads_to_no_private_address(stage: AnyStage, port: int, name: str) -> None:
    """The proxy looks the name up itself, and judges what it finds."""
    request = f"CONNECT {name}:{port} HTTP/1.1\r\n\r\n"
    said = talk(stage, request, [f"{name}:{port}"], neighbourly=False)

    assert said.startswith("HTTP/1.1 403")
    assert "not a public one" in said


def test_metadata_is_refused_even_among_neighbours(stage: AnyStage) -> None:
    """Where private networks are allowed, a cloud's metadata server still is not."""
    said = talk(stage, "GET http://169.254.169.254/ HTTP/1.1\r\n\r\n", ["169.254.169.254:80"])

    assert said.startswith("HTTP/1.1 403")
    assert "link-local" in said


def test_a_redirect_leads_nowhere_else(stage: AnyStage, port: int) -> None:
    """Whoever follows it asks the proxy again, and the run hears of it."""
    played = stage.run(
        f"curl -sSL --noproxy '' http://localhost:{port}/away",
        hosts=[f"localhost:{port}"],
        neighbourly=True,
    )

    assert "not among the hosts" in played.stdout
    assert played.notices == ["169.254.169.254:80 is not among the hosts that sandboxes may use"]


@pytest.mark.parametrize(
    "request_text",
    [
        *(
            "SSH-2.0-hello\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "GET https://localhost/ HTTP/1.1\r\n\r\n",
        ),
        *("CONNECT localhost HTTP/1.1\r\n\r\n", "CONNECT [::1]:80 HTTP/1.1\r\n\r\n"),
        *(
            "GET http://user:pw@localhost/ HTTP/1.1\r\n\r\n",
            "GET ftp://localhost/ HTTP/1.1\r\n\r\n",
        ),
        *("\r\n\r\n", "\xff\xfe\0\r\n\r\n"),
    ],
)
def test_what_is_no_request_is_refused(stage: AnyStage, request_text: str) -> None:
    """The proxy answers 400 and goes on."""
    assert talk(stage, request_text, ["localhost:80"]).startswith("HTTP/1.1 400")


def test_an_endless_request_is_cut_off(stage: AnyStage) -> None:
    """A head is read to 16 KiB and no further."""
    said = talk(stage, "GET http://localhost/" + "x" * 40_000 + "\r\n\r\n", ["localhost:80"])

    assert said.startswith("HTTP/1.1 431") or "reset" in said


@pytest.mark.parametrize(
    "attempt",
    [
        "socket.create_connection(('127.0.0.1', {port}), 2)",
        "socket.create_connection(('8.8.8.8', 53), 2)",
        "socket.getaddrinfo('localhost.example.com', 80)",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('8.8.8.8', 53))",
        "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
    ],
)
def test_there_is_no_other_way_out(stage: AnyStage, port: int, attempt: str) -> None:
    """Neither by address, nor by name, nor by datagram."""
    script = (
        f"import socket\ntry: {attempt.format(port=port)}; print('out')\n"
        "except OSError as refused: print('refused', refused)"
    )
    played = stage.run(
        "python3", arguments=["-c", script], hosts=[f"localhost:{port}"], neighbourly=True
    )

    assert played.stdout.startswith("refused")


def test_without_hosts_there_is_no_door(stage: AnyStage) -> None:
    """Nothing listens inside, and no variable speaks of it."""
    played = stage.run("env | grep -ci proxy; exec 3<>/dev/tcp/127.0.0.1/3128")

    assert played.stdout == "0\n"
    assert "refused" in played.stderr


def test_many_connections_are_held_to_a_number(stage: AnyStage, port: int) -> None:
    """A flood of them is closed unheard, and afterwards the way is free again."""
    script = (
        "import socket\n"
        "held = [socket.create_connection(('127.0.0.1', 3128), 5) for _ in range(100)]\n"
        "for s in held: s.settimeout(0.3)\n"
        "def is_shut(s):\n"
        "    try: return s.recv(1) == b''\n"
        "    except TimeoutError: return False\n"
        "shut = sum(is_shut(s) for s in reversed(held[60:]))\n"
        "for s in held: s.close()\n"
        "print(shut)\n"
    )
    played = stage.run(
        f"python3 -c \"{script}\"; sleep 0.3; curl -sS --noproxy '' http://localhost:{port}/",
        hosts=[f"localhost:{port}"],
        neighbourly=True,
    )

    shut, _, rest = played.stdout.partition("\n")
    assert int(shut) >= 30, played
    assert rest == f"GET / for localhost:{port} "


def test_two_rooms_have_doors_of_their_own(home_stage: Stage, port: int) -> None:
    """One may go out while the other may not."""
    results: dict[str, str] = {}

    def play(name: str, hosts: list[str]) -> None:
        results[name] = home_stage.run(
            f"curl -sS --noproxy '' http://localhost:{port}/",
            sandbox=name,
            hosts=hosts,
            neighbourly=True,
        ).stdout

    plays = [("sbx_in", ["example.com"]), ("sbx_out", [f"localhost:{port}"])]
    threads = [threading.Thread(target=play, args=each) for each in plays]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert "not among" in results["sbx_in"]
    assert results["sbx_out"].startswith("GET /")


def test_the_door_closes_with_the_room(home_stage: Stage, port: int) -> None:
    """Nothing of it is left in the worker: no thread, no socket."""
    before = threading.active_count()
    home_stage.run("true", hosts=[f"localhost:{port}"], neighbourly=True)

    assert threading.active_count() <= before
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", 3128), 1):
        pass
