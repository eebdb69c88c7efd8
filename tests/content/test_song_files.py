"""Songs as people have them: every format, rate, tag and oddity is heard the same."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import numpy as np
import pytest

from backline.content.clip import choose_clip
from backline.content.finish import cut_clip
from backline.content.song import Song, listen
from tests.sounds import chord, click_track, hit, place, silence, write_audio

WORDS = "[00:01.00]<00:01.00>Drive <00:01.50>on\n[00:04.00]until the morning"
FORMATS = {
    "a.mp3": ("libmp3lame", 44_100),
    "a.m4a": ("aac", 44_100),
    "a.flac": ("flac", 44_100),
    "a.ogg": ("vorbis", 44_100),
    "a.opus": ("libopus", 48_000),
    "a.wav": ("pcm_s16le", 44_100),
}


def tune(seconds: float = 20.0) -> np.ndarray:
    """Clicks at 120 and a chord that is struck on every other one, in stereo."""
    wave = click_track(120, seconds)[0]
    for start in np.arange(0.2, seconds - 1, 1.0):
        place(wave, chord([57, 60, 64], 0.9), start)
    return np.stack([wave, 0.7 * wave])


@pytest.fixture(scope="module")
def heard_as_wav(tmp_path_factory: pytest.TempPathFactory) -> Song:
    return listen(write_audio(tmp_path_factory.mktemp("wav") / "a.wav", tune()))


def resampled(wave: np.ndarray, rate_hz: int) -> np.ndarray:
    places = np.arange(0, wave.shape[-1] - 1, 44_100 / rate_hz)
    return np.stack([np.interp(places, np.arange(wave.shape[-1]), row) for row in wave])


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_heard_the_same(tmp_path: Path, name: str, heard_as_wav: Song) -> None:
    """Length, tempo and beats are those of the uncompressed song, to three hundredths of a second."""
    codec, rate_hz = FORMATS[name]
    path = write_audio(tmp_path / name, resampled(tune(), rate_hz), rate_hz, codec)
    song = listen(path)
    assert song.duration_from_frames_seconds == pytest.approx(20, abs=0.12)
    assert song.rhythm.tempo_bpm == pytest.approx(120, rel=0.01)
    same = [
        min(abs(beat - other) for other in heard_as_wav.rhythm.beat_seconds) < 0.03
        for beat in song.rhythm.beat_seconds
    ]
    assert np.mean(same) > 0.95


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 96_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_any_rate_and_any_channels_do(tmp_path: Path, rate_hz: int, channels: int) -> None:
    """A phone memo in mono and a studio master in stereo both have a pulse and a clip."""
    path = write_audio(tmp_path / "a.wav", resampled(tune(), rate_hz)[:channels], rate_hz)
    song = listen(path)
    assert song.rhythm.tempo_bpm == pytest.approx(120, rel=0.01)
    clip = choose_clip(song, 5.0)
    cut = cut_clip(path, clip.start_seconds, clip.duration_seconds)
    assert cut.samples.shape[0] == 2
    assert np.abs(cut.samples).max() > 0.1


def test_a_song_of_varying_bit_rate_without_its_header_is_counted(tmp_path: Path) -> None:
    """What says how long it is was cut away: the frames themselves are counted."""
    path = write_audio(tmp_path / "a.mp3", tune(), codec="libmp3lame")
    data = path.read_bytes()
    header = max(data.find(b"Xing"), data.find(b"Info"))
    assert header > 0
    path.write_bytes(data[data.index(b"\xff\xfb", header) :])
    song = listen(path)
    assert song.duration_from_frames_seconds == pytest.approx(20, abs=0.12)
    assert song.rhythm.tempo_bpm == pytest.approx(120, rel=0.01)


def test_cover_art_that_poses_as_a_film_is_no_hindrance(tmp_path: Path) -> None:
    """Players show it as a picture; decoders see a video stream of one frame before the sound."""
    bare = write_audio(tmp_path / "bare.mp3", tune(), codec="libmp3lame")
    path = tmp_path / "a.mp3"
    with av.open(str(bare)) as sound, av.open(str(path), "w") as container:
        picture = container.add_stream("mjpeg", rate=1)
        picture.width, picture.height, picture.pix_fmt = 300, 300, "yuvj420p"
        picture.disposition = av.stream.Disposition.attached_pic
        stream = container.add_stream_from_template(sound.streams.audio[0])
        frame = av.VideoFrame.from_ndarray(np.full((300, 300, 3), 120, np.uint8)).reformat(
            format="yuvj420p"
        )
        for packet in [*picture.encode(frame), *picture.encode(None)]:
            container.mux(packet)
        for packet in sound.demux(sound.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                container.mux(packet)
    song = listen(path)
    assert song.duration_from_frames_seconds == pytest.approx(20, abs=0.12)


def test_silence_at_both_ends_is_never_in_the_clip(tmp_path: Path) -> None:
    """Twenty seconds of nothing before and behind: the clip lies where something sounds."""
    wave = np.concatenate([silence(20), tune(30)[0], silence(20)])
    clip = choose_clip(listen(write_audio(tmp_path / "a.wav", wave)))
    assert clip.start_seconds >= 19.9
    assert clip.start_seconds + clip.duration_seconds <= 50.1


def test_a_song_shorter_than_the_clip_plays_whole(tmp_path: Path) -> None:
    """Eight seconds between two silences: eight seconds of clip."""
    wave = np.concatenate([silence(2), tune(8)[0], silence(2)])
    clip = choose_clip(listen(write_audio(tmp_path / "a.wav", wave)))
    assert clip.start_seconds == pytest.approx(2, abs=0.3)
    assert clip.duration_seconds == pytest.approx(8, abs=0.5)


def syllables() -> bytes:
    """An ID3 tag with the words of the song as karaoke players write them."""
    pieces = [(1000, "\nDrive"), (1500, " on"), (4000, "\nuntil the morning")]
    body = b"\x00eng\x02\x01\x00" + b"".join(
        text.encode() + b"\0" + struct.pack(">I", at) for at, text in pieces
    )
    return id3(b"SYLT", body)


def id3(name: bytes, body: bytes) -> bytes:
    frame = name + struct.pack(">IH", len(body), 0) + body
    return b"ID3\x03\x00\x00" + bytes(len(frame) >> s & 0x7F for s in (21, 14, 7, 0)) + frame


def with_words(folder: Path, where: str) -> tuple[Path, str | None]:
    """Put the words where a song can have them; returns the song, and the words beside it."""
    wave = tune(10)
    if where in ("beside", "attached"):
        return write_audio(folder / "a.wav", wave), WORDS
    if where in ("USLT", "SYLT"):
        path = write_audio(folder / "a.mp3", wave, codec="libmp3lame")
        tag = syllables() if where == "SYLT" else id3(b"USLT", b"\0eng\0" + WORDS.encode())
        path.write_bytes(tag + path.read_bytes())
        return path, None
    codec, rate_hz = FORMATS[where]
    song = resampled(wave, rate_hz)
    return write_audio(folder / where, song, rate_hz, codec, {"lyrics": WORDS}), None


@pytest.mark.parametrize("where", ["beside", "USLT", "SYLT", "a.m4a", "a.flac", "a.ogg", "a.opus"])
def test_words_are_heard_at_their_times_wherever_they_lie(tmp_path: Path, where: str) -> None:
    """Lines and, where they are stamped, words: as values for captions and lips."""
    path, beside = with_words(tmp_path, where)
    first, second = listen(path, beside).lyrics
    assert (first.start_seconds, first.end_seconds, first.text) == (1.0, 4.0, "Drive on")
    assert [(word.start_seconds, word.text) for word in first.words] == [(1, "Drive"), (1.5, "on")]
    assert (second.start_seconds, second.text) == (4.0, "until the morning")


@pytest.mark.parametrize("name", ["a.mp3", "a.m4a", "a.opus"])
def test_a_clip_is_cut_where_it_was_heard(tmp_path: Path, name: str) -> None:
    """A hit at 7 s, heard as such, is the first thing in a clip that begins there."""
    codec, rate_hz = FORMATS[name]
    wave = silence(12, rate_hz)
    hits = silence(12)
    place(hits, hit(800, 30, 0.2, 1), 7.0)
    wave = resampled(np.stack([hits]), rate_hz)[0]
    path = write_audio(tmp_path / name, wave, rate_hz, codec)
    cut = cut_clip(path, 6.5, 2.0)
    loud = np.flatnonzero(np.abs(cut.samples[0]) > 0.2)
    assert loud[0] / cut.sample_rate_hz == pytest.approx(0.5, abs=0.06)
