"""Reading songs: whatever people have decodes, and what does not is refused with a way out."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from backline.content.media.audio import Audio, read_audio
from backline.errors import MediaError
from tests.sounds import RATE_HZ, silence, tone, write_audio

CODECS = {
    "song.wav": "pcm_s16le",
    "song.flac": "flac",
    "song.mp3": "libmp3lame",
    "song.m4a": "aac",
    "song.ogg": "libopus",
    "song.opus": "libopus",
}


def strongest_hertz(audio: Audio) -> float:
    spectrum = np.abs(np.fft.rfft(audio.mono))
    return float(np.argmax(spectrum) * audio.sample_rate_hz / len(audio.mono))


@pytest.mark.parametrize("name", CODECS)
def test_every_kind_of_song_decodes_to_its_pitch_and_length(tmp_path: Path, name: str) -> None:
    """A 440 Hz tone of three seconds stays one in every supported format."""
    codec = CODECS[name]
    rate_hz = 48_000 if codec == "libopus" else RATE_HZ
    wave = tone(440, 3, rate_hz=rate_hz)
    path = write_audio(tmp_path / name, np.stack([wave, wave]), rate_hz, codec)
    audio = read_audio(path, 22_050, mono=True)
    assert audio.samples.shape[0] == 1
    assert audio.duration_seconds == pytest.approx(3, abs=0.06)
    assert strongest_hertz(audio) == pytest.approx(440, abs=1)


def test_a_mono_song_at_22_khz_becomes_stereo_at_48_khz(tmp_path: Path) -> None:
    """What the film needs comes out of what an old recorder gives."""
    path = write_audio(tmp_path / "old.mp3", tone(330, 2, rate_hz=22_050), 22_050, "libmp3lame")
    audio = read_audio(path, 48_000, mono=False)
    assert audio.samples.shape[0] == 2
    assert strongest_hertz(audio) == pytest.approx(330, abs=1)


@pytest.mark.parametrize("name", ["song.wav", "song.mp3", "song.m4a"])
def test_a_part_is_the_same_place_as_in_the_whole(tmp_path: Path, name: str) -> None:
    """Reading from 1.5 s gives what lies at 1.5 s of the whole reading."""
    sweep = np.sin(2 * np.pi * np.cumsum(np.linspace(200, 2000, 4 * RATE_HZ)) / RATE_HZ)
    path = write_audio(tmp_path / name, 0.5 * sweep, RATE_HZ, CODECS[name])
    whole = read_audio(path, 48_000, mono=True).mono
    part = read_audio(path, 48_000, mono=True, start_seconds=1.5, duration_seconds=1).mono
    assert len(part) == 48_000
    inner = slice(1000, 40_000)
    assert np.abs(part[inner] - whole[72_000:][inner]).max() < 0.02


def test_a_truncated_mp3_yields_what_is_there(tmp_path: Path) -> None:
    """Half a file is half a song."""
    path = write_audio(tmp_path / "cut.mp3", tone(440, 6), codec="libmp3lame")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert read_audio(path, 22_050, mono=True).duration_seconds == pytest.approx(3, abs=0.3)


def test_damage_in_the_middle_costs_only_its_own_place(tmp_path: Path) -> None:
    """A song with a burst of rubbish inside is still heard to its end."""
    path = write_audio(tmp_path / "hurt.mp3", tone(440, 6), codec="libmp3lame")
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 3000] = np.random.default_rng(1).bytes(3000)
    path.write_bytes(data)
    assert read_audio(path, 22_050, mono=True).duration_seconds > 5


def test_cover_art_as_a_video_stream_is_no_hindrance(tmp_path: Path) -> None:
    """An m4a whose first stream is a picture plays its sound."""
    path = tmp_path / "art.mp4"
    write_video(path, with_sound=True)
    assert read_audio(path, 22_050, mono=True).duration_seconds == pytest.approx(2, abs=0.1)


def test_a_song_without_a_duration_in_its_header_is_counted(tmp_path: Path) -> None:
    """Raw ADTS says nothing of its length."""
    path = write_audio(tmp_path / "raw.aac", tone(440, 3), codec="aac")
    assert read_audio(path, 22_050, mono=True).duration_seconds == pytest.approx(3, abs=0.1)


def test_broken_float_samples_are_silenced(tmp_path: Path) -> None:
    """NaN and infinity in a float file do not spread."""
    wave = tone(440, 2)
    wave[1000:1010], wave[2000:2010] = np.nan, np.inf
    path = write_audio(tmp_path / "nan.wav", wave, codec="pcm_f32le")
    assert np.isfinite(read_audio(path, 22_050, mono=True).samples).all()


def test_a_video_without_sound_is_refused(tmp_path: Path) -> None:
    """The message names the file and what to attach instead."""
    path = tmp_path / "mute.mp4"
    write_video(path, with_sound=False)
    with pytest.raises(MediaError, match=r"'mute\.mp4' holds no sound.*attach a song as mp3"):
        read_audio(path, 22_050, mono=True)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"la la la, this is no song\n" * 50,
        b"\xff\xfb\x90\x00" * 3,
        b"ID3\x04\x00" + b"\0" * 500,
    ],
    ids=["empty", "text", "three headers", "tag only"],
)
def test_what_is_no_song_is_refused_by_name(tmp_path: Path, data: bytes) -> None:
    """Nothing to hear: the message names the file and the remedy."""
    path = tmp_path / "lyrics.mp3"
    path.write_bytes(data)
    with pytest.raises(MediaError, match=r"'lyrics\.mp3'.*attach a song as mp3"):
        read_audio(path, 22_050, mono=True)


def test_a_playlist_does_not_open_other_files(tmp_path: Path) -> None:
    """A list that points at a file of ours is not followed."""
    write_audio(tmp_path / "secret.wav", tone(440, 2))
    path = tmp_path / "song.m3u8"
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:2,\nsecret.wav\n#EXT-X-ENDLIST\n")
    with pytest.raises(MediaError, match="not a song"):
        read_audio(path, 22_050, mono=True)


def test_half_a_second_is_too_little(tmp_path: Path) -> None:
    """Sound of less than a second is refused, saying how much there was."""
    path = write_audio(tmp_path / "blip.wav", tone(440, 0.5))
    with pytest.raises(MediaError, match=r"only 0\.50 s of sound"):
        read_audio(path, 22_050, mono=True)


def test_ten_hours_of_silence_are_refused_by_what_is_decoded(tmp_path: Path) -> None:
    """A small file that swells into hours is stopped at half an hour."""
    path = write_audio(tmp_path / "night.mp3", silence(60, 8000), 8000, "libmp3lame")
    path.write_bytes(path.read_bytes() * 600)
    with pytest.raises(MediaError, match=r"'night\.mp3' is longer than 30 minutes"):
        read_audio(path, 22_050, mono=True)


def test_audio_prints_its_shape() -> None:
    """A value in a log tells its length, not its samples."""
    assert (
        repr(Audio(np.zeros((2, 24_000), np.float32), 48_000)) == "Audio(2 x 0.500 s at 48000 Hz)"
    )


def write_video(path: Path, *, with_sound: bool) -> None:
    """Two seconds of a grey picture, with a tone if asked."""
    with av.open(str(path), "w") as container:
        picture = container.add_stream("libx264", rate=10)
        picture.width, picture.height, picture.pix_fmt = 64, 64, "yuv420p"
        sound = container.add_stream("aac", rate=RATE_HZ, layout="mono") if with_sound else None
        for index in range(20):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 128, np.uint8))
            frame.pts = index
            container.mux(picture.encode(frame))
        container.mux(picture.encode(None))
        if sound is not None:
            frame = av.AudioFrame.from_ndarray(tone(440, 2)[None], "fltp", "mono")
            frame.sample_rate, frame.pts = RATE_HZ, 0
            container.mux(sound.encode(frame))
            container.mux(sound.encode(None))
