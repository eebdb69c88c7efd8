"""A bucket for tests: the few words of the S3 protocol that a store of small files speaks."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

_MISSING = b"<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>"


def _listing(objects: dict[str, tuple[bytes, str]], bucket: str, prefix: str) -> bytes:
    keys = [path.removeprefix(bucket) for path in objects if path.startswith(bucket + prefix)]
    entries = "".join(
        f"<Contents><Key>{key}</Key><LastModified>2026-11-23T09:00:00.000Z</LastModified>"
        f"<ETag>1</ETag><Size>{len(objects[bucket + key][0])}</Size></Contents>"
        for key in keys
    )
    return (
        f"<ListBucketResult><KeyCount>{len(keys)}</KeyCount>"
        f"<IsTruncated>false</IsTruncated>{entries}</ListBucketResult>"
    ).encode()


class BucketServer:
    """Keeps objects in memory and serves them on a free port."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, str]] = {}
        objects = self.objects

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                objects[self.path] = (body, self.headers["content-type"])
                self._answer(200)

            def do_POST(self) -> None:
                # The only one that a store sends for small files: delete many at once.
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                keys = re.findall("<Key>(.*?)</Key>", body)
                for key in keys:
                    objects.pop(f"{self.path.partition('?')[0]}/{key}", None)
                deleted = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
                self._answer(200, f"<DeleteResult>{deleted}</DeleteResult>".encode())

            def do_HEAD(self) -> None:
                self.do_GET()

            def do_GET(self) -> None:
                bucket, _, query = self.path.partition("?")
                if "list-type=2" in query:
                    [prefix] = parse_qs(query).get("prefix", [""])
                    self._answer(200, _listing(objects, f"{bucket.rstrip('/')}/", prefix))
                    return
                if self.path not in objects:
                    self._answer(404, _MISSING)
                    return
                body, _ = objects[self.path]
                first, _, last = (
                    (self.headers["range"] or "bytes=-").removeprefix("bytes=").partition("-")
                )
                if not first:
                    self._answer(200, body)
                    return
                part = body[int(first) : int(last) + 1]
                end = int(first) + len(part) - 1
                self._answer(206, part, ("content-range", f"bytes {first}-{end}/{len(body)}"))

            def _answer(self, status: int, body: bytes = b"", *more: tuple[str, str]) -> None:
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.send_header("etag", '"1"')
                self.send_header("last-modified", "Mon, 23 Nov 2026 09:00:00 GMT")
                for name, value in more:
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = (
            f"s3://music/pre?endpoint=http://127.0.0.1:{self._server.server_port}"
            "&region=us-east-1&access_key_id=test&secret_access_key=test"
        )

    def stop(self) -> None:
        """Stop serving and wait until it is so."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def running_bucket() -> Iterator[BucketServer]:
    """Serve a bucket while the block lasts."""
    server = BucketServer()
    try:
        yield server
    finally:
        server.stop()
