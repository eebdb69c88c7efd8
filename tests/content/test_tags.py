"""Names and words that files carry, and names made of file names."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from backline.content.lyrics import parse_lrc
from backline.content.tags import read_tags, title_from_file_name
from tests.sounds import tone, write_audio


@pytest.mark.parametrize(
    ("file_name", "title"),
    [
        ("night drive.mp3", "night drive"),
        ("01 night_drive.mp3", "01 night drive"),
        ("01 - night_drive.mp3", "night drive"),
        ("7. Song.flac", "Song"),
        ("99.mp3", "99"),
        ("夜.mp3", "夜"),
        ("a.b.c.mp3", "a.b.c"),
    ],
)
def test_a_title_is_made_of_a_file_name(file_name: str, title: str) -> None:
    """Numbers of tracks go, numbers that are names stay."""
    assert title_from_file_name(file_name) == title


@pytest.mark.parametrize(
    ("name", "codec"), [("a.m4a", "aac"), ("a.flac", "flac"), ("a.opus", "libopus")]
)
def test_every_kind_of_tag_is_read(tmp_path: Path, name: str, codec: str) -> None:
    """MP4 atoms and Vorbis comments tell title, artist and lyrics."""
    tags = {"title": "Lied", "artist": "Wir", "lyrics": "[00:01.00]la"}
    path = write_audio(tmp_path / name, tone(220, 1, rate_hz=48_000), 48_000, codec, tags)
    found = read_tags(path)
    assert (found.title, found.artist, found.lyrics) == ("Lied", "Wir", "[00:01.00]la")


def id3(*frames: tuple[bytes, bytes]) -> bytes:
    """An ID3v2.3 tag of frames, each a name and its content."""
    body = b"".join(name + struct.pack(">IH", len(data), 0) + data for name, data in frames)
    size = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + size + body


def test_unsynchronised_lyrics_of_an_mp3_are_read(tmp_path: Path) -> None:
    """USLT, and a title in an encoding of its day."""
    path = write_audio(tmp_path / "a.mp3", tone(220, 1), codec="libmp3lame")
    tag = id3((b"TIT2", b"\x00Caf\xe9"), (b"USLT", b"\x00eng\x00la la\nla"))
    path.write_bytes(tag + path.read_bytes())
    assert (read_tags(path).title, read_tags(path).lyrics) == ("Café", "la la\nla")


def test_synchronised_lyrics_win_over_plain_ones(tmp_path: Path) -> None:
    """SYLT knows when each line is sung, to the millisecond."""
    path = write_audio(tmp_path / "a.mp3", tone(220, 1), codec="libmp3lame")
    lines = [(1000, b"one"), (2500, b"two")]
    timed = b"".join(text + b"\x00" + struct.pack(">I", at) for at, text in lines)
    tag = id3((b"USLT", b"\x00eng\x00plain"), (b"SYLT", b"\x00eng\x02\x01\x00" + timed))
    path.write_bytes(tag + path.read_bytes())
    lyrics = [(line.start_seconds, line.text) for line in parse_lrc(read_tags(path).lyrics)]
    assert lyrics == [(1.0, "one"), (2.5, "two")]


def timed_frame(pieces: list[tuple[int, str]], *, encoding: int = 0) -> bytes:
    """The body of a SYLT frame: pieces of text with their milliseconds."""
    codec, zero = {0: ("latin-1", b"\0"), 1: ("utf-16", b"\0\0"), 3: ("utf-8", b"\0")}[encoding]
    head = bytes([encoding]) + b"eng\x02\x01" + "".encode(codec) + zero
    return head + b"".join(text.encode(codec) + zero + struct.pack(">I", at) for at, text in pieces)


KARAOKE = [
    (1000, "\nDrive "),
    (1500, "un"),
    (1700, "til"),
    (2000, " the "),
    (2250, "morn"),
    (2500, "ing"),
    (4000, "\nNo "),
    (4321, "one"),
]


@pytest.mark.parametrize("encoding", [0, 1, 3])
def test_sung_syllables_become_lines_and_words(tmp_path: Path, encoding: int) -> None:
    """A line break begins a line, a space begins a word; each keeps its time to the millisecond."""
    path = write_audio(tmp_path / "a.mp3", tone(220, 1), codec="libmp3lame")
    tag = id3((b"SYLT", timed_frame(KARAOKE, encoding=encoding)))
    path.write_bytes(tag + path.read_bytes())
    first, second = parse_lrc(read_tags(path).lyrics)
    assert (first.start_seconds, first.text) == (1.0, "Drive until the morning")
    words = [(word.start_seconds, word.text) for word in first.words]
    assert words == [(1.0, "Drive"), (1.5, "until"), (2.0, "the"), (2.25, "morning")]
    assert [(word.start_seconds, word.text) for word in second.words] == [(4, "No"), (4.321, "one")]


@pytest.mark.parametrize("version", [2, 3, 4])
def test_every_version_of_the_tag_is_read(tmp_path: Path, version: int) -> None:
    """Names of three or four letters, sizes of three bytes, or of four with seven bits."""
    body = timed_frame([(1000, "one"), (2500, "two")] + [(3000 + at, "la") for at in range(40)])
    size = len(body)
    if version == 2:
        frame = b"SLT" + size.to_bytes(3, "big") + body
    elif version == 3:
        frame = b"SYLT" + struct.pack(">IH", size, 0) + body
    else:
        frame = b"SYLT" + bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0)) + b"\0\0" + body
    tag = b"ID3" + bytes([version, 0, 0])
    tag += bytes(len(frame) >> shift & 0x7F for shift in (21, 14, 7, 0)) + frame
    path = write_audio(tmp_path / "a.mp3", tone(220, 1), codec="libmp3lame")
    path.write_bytes(tag + path.read_bytes())
    lines = parse_lrc(read_tags(path).lyrics)
    assert [(line.start_seconds, line.text) for line in lines[:2]] == [(1.0, "one"), (2.5, "two")]


@pytest.mark.parametrize("field", ["SYNCEDLYRICS", "LYRICS", "UNSYNCEDLYRICS", "unsynced lyrics"])
@pytest.mark.parametrize(("name", "codec"), [("a.flac", "flac"), ("a.ogg", "libopus")])
def test_words_are_found_under_every_usual_name(
    tmp_path: Path, field: str, name: str, codec: str
) -> None:
    """Taggers do not agree on what the field of a Vorbis comment is called."""
    tags = {field: "[00:01.00]la"}
    path = write_audio(tmp_path / name, tone(220, 1, rate_hz=48_000), 48_000, codec, tags)
    assert read_tags(path).lyrics == "[00:01.00]la"


def test_words_with_times_win_over_words_without(tmp_path: Path) -> None:
    """Whatever their field is called."""
    tags = {"LYRICS": "la la", "UNSYNCEDLYRICS": "[00:01.00]la"}
    path = write_audio(tmp_path / "a.flac", tone(220, 1), codec="flac", tags=tags)
    assert read_tags(path).lyrics == "[00:01.00]la"


def test_names_are_cut_to_a_sane_length_and_cleaned(tmp_path: Path) -> None:
    """Line breaks become spaces; a title of a thousand letters is damage."""
    path = write_audio(
        tmp_path / "a.flac",
        tone(220, 1),
        codec="flac",
        tags={"title": "x\ny" + "z" * 1000, "artist": "\t"},
    )
    found = read_tags(path)
    assert found.title.startswith("x yz")
    assert (len(found.title), found.artist) == (200, "")


@pytest.mark.parametrize("data", [b"", b"no song", b"ID3" + b"\xff" * 40, b"fLaC" + b"\xff" * 40])
def test_what_can_not_be_read_has_no_tags(tmp_path: Path, data: bytes) -> None:
    """Damage is no error here: the decoder has the last word."""
    path = tmp_path / "a.mp3"
    path.write_bytes(data)
    found = read_tags(path)
    assert (found.title, found.artist, found.lyrics, found.cover_art) == ("", "", "", None)
