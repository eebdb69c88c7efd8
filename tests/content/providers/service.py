"""A service on a free port that speaks fal's queue API and OpenAI's, well or badly, as a test tells it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FAL_KEY, OPENAI_KEY = "fal-key-7b1e6f0c", "sk-test-93ad0c5e21"
MODEL = "makers/scene/upright"
REQUESTS = "/makers/scene/requests"


@dataclass
class Asked:
    """A request that came in."""

    method: str
    path: str
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, bytes]:
        """The parts of a multipart body, by name."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        parts = BytesParser().parsebytes(head + self.body).get_payload()
        return {
            str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)
            for part in parts
        }  # type: ignore[union-attr, misc]


@dataclass
class Answer:
    """What goes back: JSON, or bytes."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


Page = Callable[[Asked], Answer]


class Service:
    """Answers by ``pages``, keyed by method and path; remembers all that was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, Page | list[Answer]] = {}
        self.asked: list[Asked] = []
        self.slow = threading.Event()
        """Set by a test that ends: pages that wait for it return."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                asked = Asked(self.command, self.path, self.headers, self.rfile.read(length))
                outer.asked.append(asked)
                self.close_connection = True
                with suppress(ConnectionError):
                    outer._send(self, outer._answer(asked))

            do_GET = do_POST = do_PUT = _serve  # noqa: N815  # http.server looks for these names

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self) -> None:
        self.slow.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def on(self, method_and_path: str, *answers: Answer) -> None:
        """Answer so, one after another; the last one for ever."""
        self.pages[method_and_path] = list(answers)

    def count(self, method_and_path: str) -> int:
        return sum(f"{asked.method} {asked.path}" == method_and_path for asked in self.asked)

    def takes_jobs(self, made: Any, *, looks: int = 1) -> None:
        """Play fal's queue: take a job, work on it for some looks, and hand over what was made."""
        self.on(f"POST /{MODEL}", Answer(200, {"request_id": "job-1", "status": "IN_QUEUE"}))
        working = [Answer(202, {"status": "IN_PROGRESS"})] * looks
        self.on(f"GET {REQUESTS}/job-1/status", *working, Answer(200, {"status": "COMPLETED"}))
        self.on(f"GET {REQUESTS}/job-1", Answer(200, made))

    def _answer(self, asked: Asked) -> Answer:
        page = self.pages.get(f"{asked.method} {asked.path}")
        if page is None:
            return Answer(404, {"detail": "Not Found"})
        if callable(page):
            return page(asked)
        return page.pop(0) if len(page) > 1 else page[0]

    @staticmethod
    def _send(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        is_raw = isinstance(answer.body, bytes)
        body = answer.body if is_raw else json.dumps(answer.body).encode()
        handler.send_response(answer.status)
        for name, value in {"content-length": str(len(body)), **answer.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)


def says(text: Any) -> Answer:
    """Return a chat completion with this text."""
    return Answer(200, {"choices": [{"message": {"role": "assistant", "content": text}}]})
