"""Songs are listened to once: what was found is kept beside the account's files, by the song's content.

An entry is a hash and the body that it vouches for. One that is cut off,
changed, too large or of another version counts as none, and so does a store
that does not answer: then the song is heard again.
"""

from __future__ import annotations

from contextlib import suppress
from hashlib import file_digest, sha256
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from backline.content.analysis import Analysis, analyse, analysis_version
from backline.content.analysis_desk import MOST_BYTES, SERVICE, FindAnalysis, KeepAnalysis
from backline.content.rhythm import Rhythm
from backline.content.spectrum import MEL_BANDS
from backline.errors import TaskError
from backline.sdk import Context

_HASH_BYTES = 32
_NOTES = 12


class _Body(msgspec.Struct, frozen=True, kw_only=True):
    """An analysis as it is written; arrays are little-endian float32, row by row."""

    duration_from_frames_seconds: float
    sounds_from_seconds: float
    sounds_until_seconds: float
    rhythm: Rhythm
    mel: bytes
    notes: bytes


def recall_or_analyse(ctx: Context, path: Path) -> tuple[Analysis, bool]:
    """Return what is found in a song, and whether it was known before.

    Raises ``MediaError`` naming the file when it holds no usable sound.
    """
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    kept = _recall(ctx, digest)
    if kept is not None:
        return kept, True
    found = analyse(path)
    _keep(ctx, digest, found)
    return found, False


def pack(analysis: Analysis) -> bytes:
    """Write an analysis as bytes that vouch for themselves."""
    body = msgspec.msgpack.encode(
        _Body(
            duration_from_frames_seconds=analysis.duration_from_frames_seconds,
            sounds_from_seconds=analysis.sounds_from_seconds,
            sounds_until_seconds=analysis.sounds_until_seconds,
            rhythm=analysis.rhythm,
            mel=analysis.mel.astype("<f4").tobytes(),
            notes=analysis.notes.astype("<f4").tobytes(),
        )
    )
    return sha256(body).digest() + body


def unpack(data: bytes) -> Analysis | None:
    """Read what ``pack`` wrote; None for anything else."""
    body = data[_HASH_BYTES:]
    if sha256(body).digest() != data[:_HASH_BYTES]:
        return None
    try:
        read = msgspec.msgpack.decode(body, type=_Body)
        mel, notes = _rows(read.mel, MEL_BANDS), _rows(read.notes, _NOTES)
    except (msgspec.MsgspecError, ValueError):
        return None
    return Analysis(
        duration_from_frames_seconds=read.duration_from_frames_seconds,
        sounds_from_seconds=read.sounds_from_seconds,
        sounds_until_seconds=read.sounds_until_seconds,
        rhythm=read.rhythm,
        mel=mel,
        notes=notes,
    )


def _rows(data: bytes, columns: int) -> NDArray[np.float32]:
    return np.frombuffer(data, "<f4").reshape(-1, columns).astype(np.float32)


def _recall(ctx: Context, digest: str) -> Analysis | None:
    path = ctx.workdir / f"analysis-{digest[:16]}"
    question = FindAnalysis(digest=digest, version=analysis_version(), path=str(path))
    try:
        is_here = ctx.service(SERVICE, msgspec.to_builtins(question))
        if not is_here or path.stat().st_size > MOST_BYTES:
            return None
        return unpack(path.read_bytes())
    except (TaskError, OSError):
        return None
    finally:
        path.unlink(missing_ok=True)


def _keep(ctx: Context, digest: str, analysis: Analysis) -> None:
    path = ctx.workdir / f"analysis-{digest[:16]}"
    gift = KeepAnalysis(digest=digest, version=analysis_version(), path=str(path))
    with suppress(TaskError, OSError):
        path.write_bytes(pack(analysis))
        ctx.service(SERVICE, msgspec.to_builtins(gift))
    path.unlink(missing_ok=True)
