"""Does with damaged files what a run would, in a process of its own that may die or be killed.

``python -m tests.corpus.judge FOLDER`` takes the names of files in a folder,
one a line, and answers each with a line of JSON: how it ended, after how many
seconds, and the most memory that it took meanwhile. A file that crashes the
process, or hangs it for a minute, is the one whose line is missing.
"""

from __future__ import annotations

import resource
import signal
import sys
import time
from pathlib import Path
from typing import Literal

import msgspec

from backline.content.clip import choose_clip
from backline.content.edit.film import read_film
from backline.content.edit.operations import crop
from backline.content.edit.saving import write_film
from backline.content.finish import cut_clip
from backline.content.image import base_image
from backline.content.lyrics import decode_lyrics, parse_lrc, repeated_lines
from backline.content.media.loudness import normalise
from backline.content.media.picture import read_picture
from backline.content.mood import find_mood
from backline.content.song import listen
from backline.content.tags import read_tags
from backline.errors import MediaError
from backline.wire.editing import Crop
from tests.corpus.specimens import FILMS, SONGS, WORDS

MOST_SECONDS = 60
_ADDRESS_SPACE = 8 * 1024**3
"""A net under the machine that the tests run on; what a case really takes is measured."""


class Verdict(msgspec.Struct, frozen=True):
    """How a damaged file ended."""

    file_name: str
    ending: Literal["completed", "failed", "stumbled"]
    """``failed`` is a refusal in our own words, ``stumbled`` any other exception."""
    message: str
    seconds: float
    peak_bytes: int


def judge(path: Path) -> Verdict:
    """Use a file as a run would, and tell what came of it."""
    _forget_peak()
    began = time.monotonic()
    signal.alarm(MOST_SECONDS)
    ending, message = _outcome(path)
    signal.alarm(0)
    return Verdict(path.name, ending, message, round(time.monotonic() - began, 3), _peak_bytes())


def _outcome(path: Path) -> tuple[Literal["completed", "failed", "stumbled"], str]:
    kind = path.suffix[1:]
    if kind in SONGS:
        use = _hear
    elif kind in FILMS:
        use = _edit
    else:
        use = _read if kind in WORDS else _show
    try:
        use(path)
    except MediaError as refusal:
        return "failed", str(refusal)
    except Exception as fault:  # noqa: BLE001 - any other exception is what the corpus looks for
        return "stumbled", f"{type(fault).__name__}: {fault}"
    return "completed", ""


def _hear(path: Path) -> None:
    song = listen(path)
    clip = choose_clip(song, 5.0)
    find_mood(song, clip.start_seconds, clip.duration_seconds)
    normalise(cut_clip(path, clip.start_seconds, clip.duration_seconds))
    art = read_tags(path).cover_art
    if art is not None:
        cover = path.with_name(f"cover-art-of-{path.name}")
        cover.write_bytes(art)
        _show(cover)


def _show(path: Path) -> None:
    base_image("album-record-store", read_picture(path), 1)


def _edit(path: Path) -> None:
    film = crop(read_film(path), Crop(aspect="1:1"))
    write_film(film, path.with_name("edited.mp4"), "mp4", lambda _: None)


def _read(path: Path) -> None:
    repeated_lines(parse_lrc(decode_lyrics(path.read_bytes())))


def _forget_peak() -> None:
    """Let the kernel measure the peak anew (proc(5), clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5")


def _peak_bytes() -> int:
    status = Path("/proc/self/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


def main() -> None:
    """Judge the files that are named on standard input."""
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    folder = Path(sys.argv[1])
    for line in sys.stdin:
        verdict = judge(folder / line.rstrip("\n"))
        print(msgspec.json.encode(verdict).decode(), flush=True)


if __name__ == "__main__":
    main()
