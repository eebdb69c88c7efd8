"""Write the demo song: "Night Drive", eighty-six seconds of our own, with its words as an .lrc file.

    python scripts/make_demo_song.py [FOLDER]

Everything is made here with NumPy: drums, bass, pad, arpeggio and a lead that
carries the tune. The same bytes come out each time on the same machine.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Wave = NDArray[np.float64]

RATE_HZ = 44_100
BEATS_PER_MINUTE = 112
EIGHTH_SECONDS = 60 / BEATS_PER_MINUTE / 2
EIGHTHS_PER_BAR = 8
SWING_SECONDS = 0.018
"""How late every second sixteenth comes."""

TITLE, ARTIST = "Night Drive", "Paper Satellites"
FOLDER = Path(__file__).parent.parent / "src" / "backline" / "examples" / "demo"

# A section is a name and its number of bars; chords follow by name.
SECTIONS = [("intro", 4), ("verse", 8), ("chorus", 8), ("verse", 8), ("chorus", 8), ("outro", 4)]
CHORDS = {
    "Am": (45, (57, 60, 64, 69)),
    "F": (41, (57, 60, 65, 69)),
    "C": (48, (55, 60, 64, 67)),
    "G": (43, (55, 59, 62, 67)),
}
PROGRESSIONS = {
    "intro": ["Am", "F", "C", "G"],
    "verse": ["Am", "F", "C", "G"] * 2,
    "chorus": ["F", "G", "Am", "C", "F", "G", "Am", "Am"],
    "outro": ["F", "G", "Am", "Am"],
}

# A tune is a row of lines, each two bars long: (eighth, MIDI note, eighths held).
ASKING = [
    (2, 69, 1),
    (3, 69, 1),
    (4, 72, 2),
    (6, 71, 1),
    (7, 69, 2),
    (10, 72, 1),
    (11, 72, 1),
    (12, 69, 3),
]
ANSWERING = [
    (2, 67, 1),
    (3, 67, 1),
    (4, 72, 2),
    (6, 71, 1),
    (7, 72, 2),
    (10, 74, 1),
    (11, 72, 1),
    (12, 71, 3),
]
HOOK = [(0, 76, 2), (2, 72, 1), (3, 72, 2), (5, 72, 1), (6, 74, 2), (8, 74, 3), (11, 71, 4)]
RISING = [(0, 72, 2), (2, 69, 1), (3, 69, 2), (5, 72, 1), (6, 76, 2), (8, 79, 3), (11, 76, 4)]
FALLING = [(0, 72, 2), (2, 69, 1), (3, 72, 2), (5, 74, 1), (6, 72, 2), (8, 71, 2), (10, 69, 6)]
TUNES = {
    "verse": [ASKING, ANSWERING, ASKING, ANSWERING],
    "chorus": [HOOK, RISING, HOOK, FALLING],
}
CHORUS_WORDS = [
    "Drive until the morning comes",
    "Every street a string of lights",
    "Drive until the morning comes",
    "We have nowhere else tonight",
]
WORDS = [
    [
        "Headlights hum a song we half know",
        "Radio low, the windows down",
        "Every sign is counting us home",
        "We take the long way out of town",
    ],
    CHORUS_WORDS,
    [
        "Coffee cups and paper road maps",
        "Your name in fog upon the glass",
        "Nobody asks where we are bound",
        "We let another exit pass",
    ],
    CHORUS_WORDS,
]


def section_starts() -> list[tuple[str, int, int]]:
    """Return each section's name, first bar and number of bars."""
    bar, starts = 0, []
    for name, bars in SECTIONS:
        starts.append((name, bar, bars))
        bar += bars
    return starts


def song_bars() -> int:
    return sum(bars for _, bars in SECTIONS)


def when(bar: int, eighth: float) -> float:
    """The moment of an eighth within a bar, in seconds."""
    return (bar * EIGHTHS_PER_BAR + eighth) * EIGHTH_SECONDS


# --- instruments: each returns one mono note ---------------------------------


def seconds_of(duration: float) -> Wave:
    return np.arange(round(duration * RATE_HZ)) / RATE_HZ


def hertz(note: float) -> float:
    return 440.0 * 2 ** ((note - 69) / 12)


def envelope(count: int, attack: float, release: float) -> Wave:
    """Rise and fall in seconds, raised cosines, flat in between."""
    shape = np.ones(count)
    rise, fall = (min(count // 2, round(part * RATE_HZ)) for part in (attack, release))
    shape[:rise] = 0.5 - 0.5 * np.cos(np.pi * np.arange(rise) / rise)
    shape[count - fall :] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(fall) / fall)
    return shape


def saw(frequency: float, t: Wave, brightness_hz: float, phase: float = 0.0) -> Wave:
    """A sawtooth of as many harmonics as fit, rolled off above ``brightness_hz``."""
    wave = np.zeros_like(t)
    for harmonic in range(1, int(min(12_000, 6 * brightness_hz) / frequency) + 1):
        loss = 1 / (1 + (harmonic * frequency / brightness_hz) ** 2)
        wave += loss * np.sin(2 * np.pi * harmonic * (frequency * t + phase)) / harmonic
    return wave


@cache
def bass_note(note: int, eighths: float) -> Wave:
    t = seconds_of(eighths * EIGHTH_SECONDS * 0.92)
    wave = saw(hertz(note - 12), t, 420) + 0.8 * np.sin(2 * np.pi * hertz(note - 12) * t)
    return wave * envelope(len(t), 0.004, 0.05) * np.exp(-t * 2.2)


@cache
def pad_note(note: int, eighths: float, side: int) -> Wave:
    t = seconds_of(eighths * EIGHTH_SECONDS + 0.35)
    detune = 1 + side * 0.0028
    voices = saw(hertz(note) * detune, t, 900, 0.13 * note) + saw(
        hertz(note) / detune, t, 700, 0.31 * note
    )
    return voices * envelope(len(t), 0.18, 0.4)


@cache
def pluck(note: int) -> Wave:
    t = seconds_of(0.32)
    bright = saw(hertz(note), t, 2600) * np.exp(-t * 26)
    return (bright + 0.7 * np.sin(2 * np.pi * hertz(note) * t) * np.exp(-t * 11)) * envelope(
        len(t), 0.002, 0.08
    )


@cache
def lead_note(note: int, eighths: float) -> Wave:
    t = seconds_of(eighths * EIGHTH_SECONDS * 0.97 + 0.05)
    vibrato = 0.0035 * np.sin(2 * np.pi * 5.3 * t) * np.clip((t - 0.18) / 0.3, 0, 1) / 5.3
    glide = 0.02 * (1 - np.exp(-t * 40)) / 40
    phase_time = t + vibrato - glide
    body = saw(hertz(note), phase_time, 1500) + 0.6 * saw(
        hertz(note) * 1.004, phase_time, 1300, 0.4
    )
    return body * envelope(len(t), 0.018, 0.07) * (0.75 + 0.25 * np.exp(-t * 5))


@cache
def kick() -> Wave:
    t = seconds_of(0.34)
    pitch = 46 * t + 140 / 34 * (1 - np.exp(-t * 34))
    click = np.exp(-t * 900) * 0.5
    return (np.sin(2 * np.pi * pitch) * np.exp(-t * 9) + click) * envelope(len(t), 0.0005, 0.05)


@cache
def snare() -> Wave:
    t = seconds_of(0.26)
    noise = high_passed(np.random.default_rng(11).normal(size=len(t)), 1400) * np.exp(-t * 17)
    body = np.sin(2 * np.pi * (188 * t + 2 * (1 - np.exp(-t * 40)))) * np.exp(-t * 24)
    return 0.5 * noise + 0.8 * body


@cache
def hat(is_open: bool) -> Wave:
    t = seconds_of(0.22 if is_open else 0.07)
    noise = high_passed(np.random.default_rng(12).normal(size=len(t)), 7500)
    return noise * np.exp(-t * (14 if is_open else 62))


def high_passed(wave: Wave, cutoff_hz: float) -> Wave:
    spectrum = np.fft.rfft(wave)
    frequency = np.fft.rfftfreq(len(wave), 1 / RATE_HZ)
    return np.fft.irfft(spectrum * frequency**4 / (frequency**4 + cutoff_hz**4), len(wave))


# --- the band: each part writes its notes onto a stereo track -----------------


class Track:
    """Two channels as long as the song and its reverb."""

    def __init__(self) -> None:
        self.samples = np.zeros((2, round((when(song_bars(), 0) + 2.5) * RATE_HZ)))

    def add(self, wave: Wave, seconds: float, gain: float, pan: float = 0.0) -> None:
        """Place a note; ``pan`` runs from -1 (left) to 1 (right), at equal power."""
        start = round(seconds * RATE_HZ)
        end = min(start + len(wave), self.samples.shape[1])
        angle = (pan + 1) * np.pi / 4
        for channel, share in enumerate((np.cos(angle), np.sin(angle))):
            self.samples[channel, start:end] += wave[: end - start] * gain * share


def play_drums(track: Track) -> None:
    for name, first, bars in section_starts():
        for bar in range(first, first + bars):
            if name == "intro" and bar < first + 2:
                continue
            play_drum_bar(track, name, bar, is_last=bar == first + bars - 1)


def play_drum_bar(track: Track, name: str, bar: int, *, is_last: bool) -> None:
    kicks = (0, 2, 4, 6) if name == "chorus" else (0, 3, 4) if name == "verse" else (0, 4)
    for eighth in kicks:
        track.add(kick(), when(bar, eighth), 0.95)
    for eighth in (2, 6) if name in ("verse", "chorus") else ():
        track.add(snare(), when(bar, eighth), 0.55, 0.05)
    for sixteenth in range(16):
        swing = SWING_SECONDS if sixteenth % 2 else 0.0
        loud = (0.17, 0.06, 0.11, 0.07)[sixteenth % 4] * (1.2 if name == "chorus" else 0.9)
        is_open = name == "chorus" and sixteenth % 4 == 2
        track.add(hat(is_open), when(bar, sixteenth / 2) + swing, loud, 0.3)
    if is_last and name in ("verse", "intro"):
        for sixteenth in range(10, 16):
            track.add(snare(), when(bar, sixteenth / 2), 0.12 + 0.06 * (sixteenth - 9), -0.1)


def play_chords(bass: Track, pad: Track, arpeggio: Track) -> None:
    for name, first, bars in section_starts():
        for bar in range(first, first + bars):
            root, notes = CHORDS[PROGRESSIONS[name][bar - first]]
            play_bass_bar(bass, name, bar, root)
            loud = 0.085 if name == "chorus" else 0.06
            for index, note in enumerate(notes):
                for side in (-1, 1):
                    pad.add(
                        pad_note(note, 8, side), when(bar, 0), loud, side * (0.35 + 0.15 * index)
                    )
            play_arpeggio_bar(arpeggio, name, bar, notes)


def play_bass_bar(track: Track, name: str, bar: int, root: int) -> None:
    if name == "chorus":
        for eighth in range(8):
            track.add(bass_note(root + (12 if eighth % 2 else 0), 1), when(bar, eighth), 0.42)
    elif name == "verse":
        for eighth, held in ((0, 3), (3, 1), (4, 3), (7, 1)):
            track.add(bass_note(root, held), when(bar, eighth), 0.45)
    else:
        track.add(bass_note(root, 8), when(bar, 0), 0.4)


def play_arpeggio_bar(track: Track, name: str, bar: int, notes: tuple[int, ...]) -> None:
    loud = {"intro": 0.2, "verse": 0.11, "chorus": 0.17, "outro": 0.2}[name]
    for sixteenth, step in enumerate((0, 1, 2, 3, 2, 1, 3, 2, 0, 2, 1, 3, 2, 3, 1, 2)):
        swing = SWING_SECONDS if sixteenth % 2 else 0.0
        note = notes[step] + 12
        track.add(
            pluck(note), when(bar, sixteenth / 2) + swing, loud, 0.55 * np.sin(sixteenth * 0.8)
        )


def play_lead(track: Track) -> None:
    for name, first, _ in section_starts():
        for line, notes in enumerate(TUNES.get(name, [])):
            for eighth, note, held in notes:
                loud = 0.2 if name == "chorus" else 0.15
                track.add(lead_note(note, held), when(first + 2 * line, eighth), loud)
                if name == "chorus":
                    track.add(lead_note(note - 12, held), when(first + 2 * line, eighth), 0.09)


# --- the desk ------------------------------------------------------------------


def reverb(samples: Wave, seconds: float, seed: int) -> Wave:
    """A hall: convolution with noise that dies away, darker as it goes."""
    t = seconds_of(seconds)
    noise = np.random.default_rng(seed).normal(size=(2, len(t))) * np.exp(-6.2 * t / seconds)
    noise = np.apply_along_axis(lambda row: np.convolve(row, np.ones(5) / 5, "same"), 1, noise)
    size = 2 ** int(np.ceil(np.log2(samples.shape[1] + len(t))))
    wet = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(noise, size), size)
    return wet[:, : samples.shape[1]] / np.sqrt((noise**2).sum(axis=1, keepdims=True))


def echo(samples: Wave, seconds: float, feedback: float) -> Wave:
    """Repeats that change sides and fade."""
    out, shift = samples.copy(), round(seconds * RATE_HZ)
    repeated = samples
    for count in range(1, 5):
        repeated = np.pad(repeated[::-1], ((0, 0), (shift, 0)))[:, : samples.shape[1]]
        out += repeated * feedback**count
    return out


def ducked(samples: Wave) -> Wave:
    """Let the chords breathe with the kick of the chorus."""
    gain = np.ones(samples.shape[1])
    dip = 1 - 0.5 * np.exp(-seconds_of(0.3) * 11)
    for name, first, bars in section_starts():
        for beat in range(bars * 4 if name == "chorus" else 0):
            start = round(when(first, 2 * beat) * RATE_HZ)
            gain[start : start + len(dip)] = dip
    return samples * gain


def mix() -> NDArray[np.float32]:
    """Play the song: float32 (2, n) at 44.1 kHz, peaks below full scale."""
    drums, bass, pad, arpeggio, lead = (Track() for _ in range(5))
    play_drums(drums)
    play_chords(bass, pad, arpeggio)
    play_lead(lead)
    plucks = echo(arpeggio.samples, 3 * EIGHTH_SECONDS / 2, 0.35)
    tune = echo(lead.samples, 3 * EIGHTH_SECONDS, 0.24)
    chords = ducked(pad.samples)
    dry = drums.samples + ducked(bass.samples) + chords + plucks + tune
    wet = reverb(0.35 * chords + 0.5 * plucks + 0.55 * tune + 0.1 * drums.samples, 2.2, 21)
    whole = dry + 0.5 * wet
    fade = np.clip((whole.shape[1] - np.arange(whole.shape[1])) / (1.5 * RATE_HZ), 0, 1)
    return (0.92 * np.tanh(1.25 * whole / np.abs(whole).max() * 1.6) * fade).astype(np.float32)


def lrc() -> str:
    """The words with their times, as players read them."""
    rows = [f"[ti:{TITLE}]", f"[ar:{ARTIST}]"]
    sung = [(name, first) for name, first, _ in section_starts() if name in TUNES]
    for (name, first), words in zip(sung, WORDS, strict=True):
        for line, text in enumerate(words):
            start = when(first + 2 * line, TUNES[name][line][0][0])
            rows.append(f"[{int(start // 60):02d}:{start % 60:05.2f}]{text}")
    end = when(sung[-1][1] + 8, 0)
    return "\n".join([*rows, f"[{int(end // 60):02d}:{end % 60:05.2f}]"]) + "\n"


def write_m4a(path: Path, samples: NDArray[np.float32], tags: dict[str, str]) -> None:
    with av.open(str(path), "w", format="ipod", options={"movflags": "+faststart"}) as container:
        container.flags |= av.container.Flags.bitexact.value
        container.metadata.update(tags)
        stream = container.add_stream("aac", rate=RATE_HZ, layout="stereo")
        stream.bit_rate = 96_000
        for start in range(0, samples.shape[1], 1024):
            part = np.ascontiguousarray(samples[:, start : start + 1024])
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = RATE_HZ, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    words = lrc()
    (folder / "night-drive.lrc").write_text(words, encoding="utf-8")
    song = folder / "night-drive.m4a"
    write_m4a(song, mix(), {"title": TITLE, "artist": ARTIST, "lyrics": words})
    print(f"{song} ({song.stat().st_size / 1e6:.2f} MB)")


if __name__ == "__main__":
    main()
