"""File names without traps, and slugs that people can say."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backline.names import MAX_FILE_NAME_BYTES, safe_file_name, slug_of


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("Night Drive.mp3", "Night Drive.mp3"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\song.mp3", "song.mp3"),
        ("..", "file"),
        ("", "file"),
        ("/", "file"),
        (".hidden", "hidden"),
        ("a\x00b\r\nc.mp3", "ab c.mp3"),
        ("evil\u202e3pm.exe", "evil3pm.exe"),
        ('what? "this": <a|b>*.mp3', "what this a b .mp3"),
        ("夜のドライブ.flac", "夜のドライブ.flac"),
        ("Bjo\u0308rk.ogg", "Björk.ogg"),
        ("👩\u200d🎤 live.mp4", "👩\u200d🎤 live.mp4"),
        ("  tabs\tand  blanks .txt ", "tabs and blanks .txt"),
        ("song.mp3...", "song.mp3"),
    ],
)
def test_names_lose_their_traps_and_keep_their_script(given_name: str, kept: str) -> None:
    """Only what could mislead a person or a file system goes."""
    assert safe_file_name(given_name) == kept


@given(st.text(max_size=300))
def test_a_safe_name_is_always_safe(name: str) -> None:
    """Whatever comes in, what comes out is one short, visible part of a path."""
    safe = safe_file_name(name)
    assert safe not in ("", ".", "..")
    assert not set(safe) & set('/\\:*?"<>|\x00\n')
    assert not any(unicodedata.category(c) == "Cc" for c in safe)
    assert len(safe.encode()) <= MAX_FILE_NAME_BYTES
    assert safe_file_name(safe) == safe


def test_a_long_name_keeps_its_ending() -> None:
    """A name is cut in its middle, between characters."""
    safe = safe_file_name("夜" * 300 + ".flac")
    assert safe.endswith("夜.flac")
    assert len(safe.encode()) <= MAX_FILE_NAME_BYTES


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Night Drive.mp3", "night-drive"),
        ("night_drive (final v2).wav", "night-drive-final-v2"),
        ("  --Ça Va?--.m4a", "ça-va"),
        ("夜のドライブ.flac", "夜のドライブ"),
        ("night-drive", "night-drive"),
        ("!!!.mp3", ""),
        ("Mr. Brightside", "mr"),
        (".hidden", "hidden"),
    ],
)
def test_a_slug_is_the_words_of_a_name(name: str, slug: str) -> None:
    """Lower-case words joined by hyphens, without the ending."""
    assert slug_of(name) == slug
