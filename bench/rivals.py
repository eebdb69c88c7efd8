"""The same film made by us, by MoviePy and by an ffmpeg command line: speed and likeness.

A still that a camera slowly pushes in on, a caption that stands over it, fifteen
seconds of a song; x264 and AAC with the same settings. Each contender does it in
the way that its own manual shows, is given the parts ready in its own form, and
is measured with everything imported. Of the rounds the best counts.

MoviePy and the ffmpeg binary come with ``pip install backline[bench]``; what is
not installed is left out. The still is grey, so that no contender's choice of
colour matrix counts; the truth it is compared with is drawn at twice the size.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import av
import cv2
import numpy as np

from backline.content.compose import compose
from backline.content.finish import cut_clip
from backline.content.media.audio import Audio, frames_of
from backline.content.media.canvas import cover
from backline.content.media.colour import to_planes
from backline.content.media.frame import Area, Planes
from backline.content.media.lettering import plain_letters
from backline.content.media.overlay import overlay_of
from backline.content.media.picture import read_picture
from backline.content.media.sound import SOUND_BITS_PER_SECOND
from backline.content.media.still import (
    STILL_HEIGHT,
    STILL_SCALE,
    STILL_WIDTH,
    Still,
    still_of,
    view_matrix,
)
from backline.content.media.typesetting import typeset
from backline.content.media.video import CRF, PRESET
from backline.content.motion import View
from bench.content import SONG, demo_picture, report

SECONDS, RATE, WIDTH, HEIGHT = 15, 30, 1080, 1920
COUNT = SECONDS * RATE
ROUNDS = 2
ZOOM_FROM, ZOOM_BY = 1.04, 0.08
LOOKED_AT = range(5, COUNT - 20, 40)
"""Our last twelve frames fade to black, and are left out."""
CAPTION = "nobody asked, so we turned it up and drove until the radio gave out"
LEFT, TOP = 120, 1180
"""Where the caption's corner lies in the frame."""
FEWEST_MOVIEPY, FEWEST_FFMPEG = 8.0, 1.8


class Parts(NamedTuple):
    """What the film is made of, and the same as files."""

    rgb: np.ndarray
    letters: np.ndarray
    """How much of each pixel the caption covers, 0 to 1."""
    clip: Audio
    still_path: Path
    caption_path: Path
    clip_path: Path


class Made(NamedTuple):
    """A film, and what it took."""

    wall: float
    work: float
    likeness: float
    megabytes: float

    def __str__(self) -> str:
        return (
            f"{self.wall:.1f} s, processor {self.work:.1f} s, SSIM {self.likeness:.4f},"
            f" {self.megabytes:.2f} MB"
        )


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts = prepare(folder)
        ours = measured(make_ours, parts, folder / "ours.mp4")
        print(f"  ours: {ours}")
        for rival, module, make, fewest in RIVALS:
            if find_spec("imageio_ffmpeg") is None or find_spec(module) is None:
                print(f"  {rival}: not installed, left out (pip install backline[bench])")
                continue
            import_module(module)
            theirs = measured(make, parts, folder / f"{module}.mp4")
            print(f"  {rival}: {theirs}")
            report(f"faster than {rival}", theirs.wall / ours.wall, "x", fewest, at_least=True)
            more = ours.likeness - theirs.likeness
            report(f"SSIM above {rival}'s", more, "", 0.0, at_least=True)


def measured(make: Callable[[Parts, Path], None], parts: Parts, path: Path) -> Made:
    """Make a film, more than once; return the best times, and how like the truth it is."""
    times = []
    for _ in range(ROUNDS):
        begun, spent = time.perf_counter(), processor_seconds()
        make(parts, path)
        times.append((time.perf_counter() - begun, processor_seconds() - spent))
    wall, work = (min(of) for of in zip(*times, strict=True))
    likeness = [ssim(frame, truth(parts, index)) for index, frame in shown(path)]
    return Made(wall, work, float(np.mean(likeness)), path.stat().st_size / 1e6)


def processor_seconds() -> float:
    """Return what this process and its ended children have used."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def prepare(folder: Path) -> Parts:
    """Draw and cut what the film is made of, and write it down for those who read files."""
    parts = Parts(
        rgb=grey_still(),
        letters=caption_letters(),
        clip=cut_clip(SONG, 20.0, SECONDS),
        still_path=folder / "still.png",
        caption_path=folder / "caption.png",
        clip_path=folder / "clip.wav",
    )
    cv2.imwrite(str(parts.still_path), parts.rgb)
    cv2.imwrite(str(parts.caption_path), white_letters(parts))
    with av.open(str(parts.clip_path), "w") as container:
        stream = container.add_stream("pcm_f32le", rate=parts.clip.sample_rate_hz, layout="stereo")
        for frame in frames_of(parts.clip, 4800):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return parts


def grey_still() -> np.ndarray:
    whole = cover(read_picture(demo_picture()).rgb, STILL_WIDTH, STILL_HEIGHT)
    grey = cv2.cvtColor(whole, cv2.COLOR_RGB2GRAY)
    return np.repeat(grey[..., None], 3, axis=2)


def caption_letters() -> np.ndarray:
    setting = typeset(CAPTION, 650, 62, WIDTH - 2 * LEFT, 400)
    assert setting is not None
    return plain_letters(setting)


def white_letters(parts: Parts) -> np.ndarray:
    """Return the caption as a white picture with transparency, (h, w, 4)."""
    picture = np.full((*parts.letters.shape, 4), 255, np.uint8)
    picture[..., 3] = np.rint(parts.letters * 255)
    return picture


def zoom(index: float) -> float:
    return ZOOM_FROM + ZOOM_BY * index / COUNT


class PushIn:
    """Our way: planes that are sampled between pixels."""

    faces: tuple[Area, ...] = ()

    def __init__(self, still: Still) -> None:
        self.still = still

    def draw(self, index: int, into: Planes) -> None:
        self.still.draw(view_matrix(View(zoom(index), 0.0, 0.0, 0.0)), into)


def make_ours(parts: Parts, path: Path) -> None:
    scene = PushIn(still_of(to_planes(parts.rgb)))
    caption = overlay_of([(parts.letters, (255, 255, 255))], LEFT, TOP)
    compose(path, scene, caption, parts.clip, tags={}, on_progress=lambda _: None)


def make_with_moviepy(parts: Parts, path: Path) -> None:
    from moviepy import AudioFileClip, CompositeVideoClip, ImageClip

    still = ImageClip(parts.rgb).with_duration(SECONDS)
    moving = still.resized(lambda t: zoom(t * RATE) / STILL_SCALE).with_position("center")
    caption = ImageClip(white_letters(parts), transparent=True).with_duration(SECONDS)
    layers = [moving, caption.with_position((LEFT, TOP))]
    film = CompositeVideoClip(layers, size=(WIDTH, HEIGHT))
    film.with_audio(AudioFileClip(str(parts.clip_path))).write_videofile(
        str(path),
        fps=RATE,
        codec="libx264",
        preset=PRESET,
        ffmpeg_params=["-crf", str(CRF), "-pix_fmt", "yuv420p"],
        audio_codec="aac",
        audio_bitrate=str(SOUND_BITS_PER_SECOND),
        temp_audiofile=str(path.with_suffix(".m4a")),
        logger=None,
    )


def make_with_ffmpeg(parts: Parts, path: Path) -> None:
    """Use zoompan on a still enlarged four times: as is, it moves by whole pixels and stutters."""
    import imageio_ffmpeg

    pan = (
        f"[0]scale={4 * WIDTH}:{4 * HEIGHT}:flags=bicubic,"
        f"zoompan=z='{ZOOM_FROM}+{ZOOM_BY}*on/{COUNT}':x='iw/2-(iw/zoom/2)':y='ih/2-(ih/zoom/2)'"
        f":d={COUNT}:s={WIDTH}x{HEIGHT}:fps={RATE}[moving];[moving][1]overlay={LEFT}:{TOP}"
    )
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error"]
    for part in (parts.still_path, parts.caption_path, parts.clip_path):
        command += ["-i", str(part)]
    command += ["-filter_complex", pan, "-frames:v", str(COUNT), "-c:v", "libx264"]
    command += ["-preset", PRESET, "-crf", str(CRF), "-pix_fmt", "yuv420p"]
    command += ["-c:a", "aac", "-b:a", str(SOUND_BITS_PER_SECOND), str(path)]
    subprocess.run(command, check=True)


RIVALS = (
    ("moviepy", "moviepy", make_with_moviepy, FEWEST_MOVIEPY),
    ("zoompan on a 4x still", "imageio_ffmpeg", make_with_ffmpeg, FEWEST_FFMPEG),
)


def shown(path: Path) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the brightness of the frames that are looked at."""
    with av.open(str(path)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index in LOOKED_AT:
                yield index, frame.to_ndarray()[:HEIGHT, :WIDTH]


def truth(parts: Parts, index: int) -> np.ndarray:
    """Return the brightness of a frame, sampled at twice the size and averaged, under the caption."""
    step = STILL_SCALE / zoom(index) / 2
    start = np.array([STILL_WIDTH, STILL_HEIGHT]) / 2 - step * np.array([WIDTH, HEIGHT])
    matrix = np.array([[step, 0, start[0] + step / 2 - 0.5], [0, step, start[1] + step / 2 - 0.5]])
    flags = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    large = cv2.warpAffine(parts.rgb[..., 0], matrix, (2 * WIDTH, 2 * HEIGHT), flags=flags)
    small = cv2.resize(large, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32)
    rows, columns = parts.letters.shape
    under = small[TOP : TOP + rows, LEFT : LEFT + columns]
    under += (255 - under) * parts.letters
    return np.asarray(np.rint(16 + small * 219 / 255), np.uint8)


def ssim(one: np.ndarray, other: np.ndarray) -> float:
    """Return the structural similarity of two planes (Wang et al. 2004; Gaussian window, sigma 1.5)."""
    a, b = one.astype(np.float32), other.astype(np.float32)

    def mean(values: np.ndarray) -> np.ndarray:
        return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5))

    mean_a, mean_b = mean(a), mean(b)
    spread_a, spread_b = mean(a * a) - mean_a**2, mean(b * b) - mean_b**2
    together = mean(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    likeness = ((2 * mean_a * mean_b + c1) * (2 * together + c2)) / (
        (mean_a**2 + mean_b**2 + c1) * (spread_a + spread_b + c2)
    )
    return float(likeness.mean())


if __name__ == "__main__":
    sys.exit(main())
