"""Draws the pictures of docs/templates.md: a still of each template, and a sheet of frames for three songs.

    python scripts/make_gallery.py [FOLDER]

The songs and pictures are our own, and they take the whole way that a run
takes: the song is heard, a clip chosen, a caption written, the singer sings.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import av
import cv2
import msgspec
import numpy as np

from backline.content.caption import CaptionRequest, SungLine, draw_caption, write_caption
from backline.content.clip import choose_clip
from backline.content.finish import cut_clip, energy_per_frame
from backline.content.lipsync import sing_along
from backline.content.media.audio import Audio, frames_of, read_audio
from backline.content.media.canvas import add_grain, finished, grid, noise, smoothstep
from backline.content.media.colour import to_rgb
from backline.content.media.frame import FRAME_RATE, new_planes
from backline.content.media.picture import Picture, Rgb, read_picture, write_jpeg
from backline.content.motion import Beat, SceneFacts
from backline.content.song import listen
from backline.content.templates import build_scene, template_ids

HOUSE = Path(__file__).parent.parent
DEMO = HOUSE / "src/backline/examples/demo"
FOLDER = HOUSE / "docs/images"
SECONDS = (0, 3, 7, 11, 14)
CLIP_SECONDS = 15.0
STILL_SIZE, FRAME_SIZE = (405, 720), (180, 320)
ARTIST, DATE = "Paper Satellites", "28 November 2026"
RATE_HZ = 44_100


class Entry(NamedTuple):
    """A song and the picture it comes with."""

    title: str
    speed: float
    """Of the demo song: slower is lower, faster is higher."""
    picture: Picture
    seed: int


def entries() -> list[Entry]:
    """Return the three: somebody, a picture without a face, a cover."""
    return [
        Entry("Night Drive", 1.0, read_picture(DEMO / "singer.jpg"), 7),
        Entry("Low Tide", 0.8, read_picture(DEMO / "night-drive.jpg"), 21),
        Entry("Paper Planes", 1.22, cover_art(), 33),
    ]


def cover_art() -> Picture:
    """Draw a cover: three hills and a moon in four inks, printed a little out of line."""
    rng = np.random.default_rng(4)
    side = 1200
    x, y = grid(side, side)
    paper = np.array([0.93, 0.87, 0.76], np.float32)
    canvas = np.broadcast_to(paper, (side, side, 3)).astype(np.float32)
    inks = ((0.16, 0.36, 0.42), (0.86, 0.42, 0.26), (0.13, 0.17, 0.25))
    moon = smoothstep(1.01, 0.99, np.hypot(x - 760, y - 430) / 210)
    canvas += (np.array([0.90, 0.55, 0.32], np.float32) - canvas) * moon[..., None]
    for number, ink in enumerate(inks):
        wave = 720 + 130 * number + 90 * np.sin(x / (210 - 30 * number) + 1.9 * number)
        hill = smoothstep(-2, 2, y - wave - 26 * noise(rng, side, 6, 300)[:1])
        stripes = 0.86 + 0.14 * smoothstep(-0.2, 0.2, np.sin((y - wave) / 9))
        canvas += (np.array(ink, np.float32) - canvas) * (hill * stripes)[..., None]
    add_grain(canvas, rng, 0.03)
    return Picture(np.rint(finished(canvas)).astype(np.uint8))


def write_song(entry: Entry, folder: Path) -> Path:
    """Write the demo song at another speed."""
    song = read_audio(DEMO / "night-drive.m4a", round(RATE_HZ / entry.speed), mono=False)
    path = folder / f"{entry.title}.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        container.metadata["title"] = entry.title
        stream = container.add_stream("aac", rate=RATE_HZ, layout="stereo")
        for frame in frames_of(Audio(song.samples, RATE_HZ), 1024):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def hear(entry: Entry, folder: Path) -> tuple[SceneFacts, Audio]:
    """Return what a scene may know about the song's best clip, and the clip."""
    path = write_song(entry, folder)
    song = listen(path, None)
    clip = choose_clip(song, CLIP_SECONDS, None)
    sound = cut_clip(path, clip.start_seconds, clip.duration_seconds)
    rhythm = song.rhythm
    beats = [
        Beat(
            seconds=seconds - clip.start_seconds,
            strength=strength,
            is_downbeat=rhythm.is_downbeat(index),
        )
        for index, (seconds, strength) in enumerate(
            zip(rhythm.beat_seconds, rhythm.beat_strength, strict=True)
        )
    ]
    facts = SceneFacts(
        duration_seconds=clip.duration_seconds,
        seed=entry.seed,
        beats=[beat for beat in beats if 0 <= beat.seconds < clip.duration_seconds],
        energy=energy_per_frame(sound),
        title=entry.title,
        artist=ARTIST,
        date=DATE,
    )
    return facts, sound


def frames(template_id: str, entry: Entry, facts: SceneFacts, sound: Audio) -> Iterator[Rgb]:
    """Draw the frames of one video that are shown."""
    # The demo song has words, but nobody to sing them: its lead stands in for the singer.
    throughout = SungLine(text="", start_seconds=0.0, end_seconds=CLIP_SECONDS)
    singing = sing_along(template_id, entry.picture, sound, [throughout])
    facts = msgspec.structs.replace(facts, mouth=singing.mouth)
    scene = build_scene(template_id, entry.picture, facts)
    request = CaptionRequest(
        template_id=template_id, song_title=entry.title, artist=ARTIST, seed=entry.seed
    )
    overlay = draw_caption(write_caption(request), template_id, scene.faces)
    planes = new_planes()
    for seconds in SECONDS:
        index = seconds * FRAME_RATE
        scene.draw(index, planes)
        if overlay is not None:
            overlay.draw(index, planes)
        yield to_rgb(planes)


def main() -> None:
    """Draw all pictures and say where they lie."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    with tempfile.TemporaryDirectory() as scratch:
        songs = [(entry, *hear(entry, Path(scratch))) for entry in entries()]
    for template_id in template_ids():
        rows = [list(frames(template_id, *song)) for song in songs]
        # Artwork is what the shop is made for, a portrait what the others are.
        best = rows[2 if template_id == "album-record-store" else 0][1]
        still = cv2.resize(best, STILL_SIZE, interpolation=cv2.INTER_AREA)
        write_jpeg(np.asarray(still), folder / f"{template_id}.jpg", quality=84)
        small = [
            np.hstack([cv2.resize(f, FRAME_SIZE, interpolation=cv2.INTER_AREA) for f in row])
            for row in rows
        ]
        sheet = folder / f"gallery-{template_id}.jpg"
        write_jpeg(np.asarray(np.vstack(small)), sheet, quality=80)
        print(f"{sheet}: {sheet.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
