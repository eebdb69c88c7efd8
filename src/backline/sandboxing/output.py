"""What a command writes: shown while it runs, kept in part, and whole as a file when it is long."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Final

from backline.sandbox import Stream
from backline.sdk import Context, StoredFile

SHOWN_BYTES: Final = 256 * 1024
"""Of each stream, in the run's output: the first half and the last."""
LOGGED_BYTES: Final = 512 * 1024
"""Of each stream, in the run's log."""


class Output:
    """Both streams of one command."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._streams: dict[Stream, _Recording] = {
            "stdout": _Recording(ctx, "stdout"),
            "stderr": _Recording(ctx, "stderr"),
        }

    def take(self, stream: Stream, piece: bytes) -> None:
        """Record a piece."""
        self._streams[stream].take(piece)

    def close(self) -> None:
        """Write what was held back."""
        for recording in self._streams.values():
            recording.close()

    def text(self, stream: Stream) -> str:
        """Return a stream, its middle cut out when it is long."""
        return self._streams[stream].text()

    @property
    def is_truncated(self) -> bool:
        return any(recording.is_long for recording in self._streams.values())

    def save_long(self) -> list[StoredFile]:
        """Keep the streams that were cut as files of the account."""
        return [
            self._ctx.files.save(
                recording.path, file_name=f"{name}.txt", mime_type="text/plain; charset=utf-8"
            )
            for name, recording in self._streams.items()
            if recording.is_long
        ]


class _Recording:
    def __init__(self, ctx: Context, stream: Stream) -> None:
        self._ctx = ctx
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.path: Path = ctx.workdir / f"{stream}.txt"
        self._file = self.path.open("w+b")
        self._size_bytes = 0
        self._logged_bytes = 0

    def take(self, piece: bytes) -> None:
        self._file.write(piece)
        self._size_bytes += len(piece)
        self._log(piece)

    def _log(self, piece: bytes) -> None:
        if self._logged_bytes >= LOGGED_BYTES:
            return
        self._logged_bytes += len(piece)
        text = self._decoder.decode(piece)
        if self._logged_bytes >= LOGGED_BYTES:
            text += "\n… more is not logged; it is in the run's output\n"
        if text:
            self._ctx.output(self._stream, _presentable(text))

    def close(self) -> None:
        rest = self._decoder.decode(b"", final=True)  # half a character, if it ends in one
        if rest and self._logged_bytes < LOGGED_BYTES:
            self._ctx.output(self._stream, rest)
        self._file.flush()

    @property
    def is_long(self) -> bool:
        return self._size_bytes > SHOWN_BYTES

    def text(self) -> str:
        self._file.seek(0)
        if not self.is_long:
            return _presentable(self._file.read().decode(errors="replace"))
        head = self._file.read(SHOWN_BYTES // 2).decode(errors="replace")
        self._file.seek(self._size_bytes - SHOWN_BYTES // 2)
        tail = self._file.read().decode(errors="replace")
        left_out = self._size_bytes - SHOWN_BYTES
        return _presentable(f"{head}\n… {left_out:,} bytes are left out here …\n{tail}")


def _presentable(text: str) -> str:
    """Return text that every database takes: it may not hold a zero character."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
