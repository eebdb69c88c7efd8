"""A server that answers as it is told, to show a client what a real one seldom does."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HANG_UP = 0
"""As a status: close the line without a word."""


class Scripted(ThreadingHTTPServer):
    """Gives the answers of ``script`` one after the other, the last one for ever."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answerer)
        self.script: list[tuple[int, bytes]] = []
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        """Method, path, headers and body of each request."""
        self.promised_bytes = 0
        """Bytes that each answer announces beyond those it sends."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answerer(BaseHTTPRequestHandler):
    server: Scripted

    def do_GET(self) -> None:
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(length)
        self.server.asked.append(
            (
                self.command,
                self.path,
                {name.lower(): value for name, value in self.headers.items()},
                body,
            )
        )
        script = self.server.script
        status, answer = script.pop(0) if len(script) > 1 else script[0]
        if status != HANG_UP:
            self.send_response(status)
            self.send_header("content-length", str(len(answer) + self.server.promised_bytes))
            self.end_headers()
            self.wfile.write(answer)
        self.close_connection = True

    do_POST = do_GET  # noqa: N815 - the name is the base class's

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""
