"""Whole files, one of each type that backline takes, made by code: what the damage is done to."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.films import write_film
from tests.heifs import heif
from tests.pictures import write_animation
from tests.sounds import chord, click_track, write_audio

SONG_SECONDS = 4.0
_TAGS = {"title": "Whole", "artist": "The Specimens", "lyrics": "[00:01.00]sung once"}
_ENCODERS = {
    "mp3": ("libmp3lame", 44_100),
    "m4a": ("aac", 44_100),
    "flac": ("flac", 44_100),
    "ogg": ("vorbis", 44_100),
    "opus": ("libopus", 48_000),
    "wav": ("pcm_s16le", 44_100),
}


def whole(kind: str) -> bytes:
    """Return a whole file of a kind, named by its ending."""
    return _MAKERS[kind](kind)


@cache
def _song(kind: str) -> bytes:
    codec, rate_hz = _ENCODERS[kind]
    beat = click_track(120, SONG_SECONDS)[0]
    wave = beat + chord([57, 60, 64], SONG_SECONDS)[: len(beat)]
    stereo = np.stack([wave, 0.8 * wave])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"song.{kind}"
        options = {"pagesize": "4000"} if kind in ("ogg", "opus") else {}
        write_audio(path, stereo, rate_hz, codec, _TAGS, options)
        return path.read_bytes()


@cache
def _picture(kind: str) -> bytes:
    _, encoded = cv2.imencode(f".{kind}", scenery())
    return encoded.tobytes()


@cache
def _gif(kind: str) -> bytes:
    frames = [np.roll(scenery(), 20 * step, axis=1) for step in range(4)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"moving.{kind}"
        return write_animation(path, frames).read_bytes()


@cache
def _heif(kind: str) -> bytes:
    return heif(scenery(), kind, tile=256, turn=1)


@cache
def _film(kind: str) -> bytes:
    codec = "libvpx-vp9" if kind == "webm" else "libx264"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"film.{kind}"
        write_film(path, width=160, height=90, frames=30, codec=codec)
        return path.read_bytes()


def _words(_kind: str) -> bytes:
    stamps = [f"[{at // 60:02d}:{at % 60:02d}.50]" for at in range(0, 900, 2)]
    lines = [f"{stamp}line {at % 7} of the song" for at, stamp in enumerate(stamps)]
    return "\n".join(["[ti:Whole]", "[offset:+100]", *lines]).encode()


def scenery(width: int = 360, height: int = 480) -> NDArray[np.uint8]:
    """A picture with smooth and with busy parts, so that its coded data has some length."""
    rows, columns = np.mgrid[0:height, 0:width]
    rgb = np.stack([rows % 256, columns % 256, (rows * columns // 64) % 256], axis=2)
    noise = np.random.default_rng(3).integers(-12, 12, rgb.shape)
    return (rgb + noise).clip(0, 255).astype(np.uint8)


_MAKERS: dict[str, Callable[[str], bytes]] = {
    **dict.fromkeys(_ENCODERS, _song),
    **dict.fromkeys(("jpg", "png", "webp"), _picture),
    "gif": _gif,
    "heic": _heif,
    "avif": _heif,
    "mp4": _film,
    "webm": _film,
    "lrc": _words,
}
KINDS = tuple(_MAKERS)
SONGS = tuple(_ENCODERS)
PICTURES = ("jpg", "png", "webp", "gif", "heic", "avif")
FILMS = ("mp4", "webm")
WORDS = ("lrc",)
