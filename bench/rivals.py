"""The same slow push-in on a still, made by us, by MoviePy and by an ffmpeg command line: speed and likeness.

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
from importlib.util import find_spec
from pathlib import Path

import av
import cv2
import numpy as np

from backline.content.compose import compose
from backline.content.media.audio import Audio
from backline.content.media.canvas import cover
from backline.content.media.colour import to_planes
from backline.content.media.frame import Area, Planes
from backline.content.media.picture import read_picture
from backline.content.media.still import (
    STILL_HEIGHT,
    STILL_SCALE,
    STILL_WIDTH,
    Still,
    still_of,
    view_matrix,
)
from backline.content.media.video import CRF, PRESET, SOUND_RATE_HZ
from backline.content.motion import View
from bench.content import demo_picture, report

SECONDS, RATE, WIDTH, HEIGHT = 5, 30, 1080, 1920
COUNT = SECONDS * RATE
ZOOM_FROM, ZOOM_BY = 1.04, 0.08
LOOKED_AT = range(5, COUNT - 20, 20)
"""Our last twelve frames fade to black, and are left out."""
FEWEST_MOVIEPY, FEWEST_FFMPEG = 8.0, 1.8


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rgb = grey_still()
        ours, our_work, likeness = timed(make_ours, rgb, folder / "ours.mp4")
        print(f"  ours: {ours:.1f} s, processor {our_work:.1f} s, SSIM {likeness:.4f}")
        for rival, make, fewest in RIVALS:
            if find_spec("imageio_ffmpeg") is None or find_spec(rival.split()[0]) is None:
                print(f"  {rival}: not installed, left out (pip install backline[bench])")
                continue
            wall, work, theirs = timed(make, rgb, folder / f"{rival.replace(' ', '-')}.mp4")
            print(f"  {rival}: {wall:.1f} s, processor {work:.1f} s, SSIM {theirs:.4f}")
            report(f"faster than {rival}", wall / ours, "x", fewest, at_least=True)
            report(f"SSIM less than {rival}'s", theirs - likeness, "", 0.001)


def timed(
    make: Callable[[np.ndarray, Path], None], rgb: np.ndarray, path: Path
) -> tuple[float, float, float]:
    """Return the wall and processor seconds a film took, and its mean SSIM to the truth."""
    begun, spent = time.perf_counter(), processor_seconds()
    make(rgb, path)
    wall, work = time.perf_counter() - begun, processor_seconds() - spent
    frames = dict(shown(path))
    return wall, work, float(np.mean([ssim(frames[i], truth(rgb, i)) for i in LOOKED_AT]))


def processor_seconds() -> float:
    """Return what this process and its ended children have used."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def grey_still() -> np.ndarray:
    whole = cover(read_picture(demo_picture()).rgb, STILL_WIDTH, STILL_HEIGHT)
    grey = cv2.cvtColor(whole, cv2.COLOR_RGB2GRAY)
    return np.repeat(grey[..., None], 3, axis=2)


def zoom(index: float) -> float:
    return ZOOM_FROM + ZOOM_BY * index / COUNT


class PushIn:
    """Our way: planes that are sampled between pixels."""

    faces: tuple[Area, ...] = ()

    def __init__(self, still: Still) -> None:
        self.still = still

    def draw(self, index: int, into: Planes) -> None:
        self.still.draw(view_matrix(View(zoom(index), 0.0, 0.0, 0.0)), into)


def make_ours(rgb: np.ndarray, path: Path) -> None:
    silence = Audio(np.zeros((2, SECONDS * SOUND_RATE_HZ), np.float32), SOUND_RATE_HZ)
    scene = PushIn(still_of(to_planes(rgb)))
    compose(path, scene, None, silence, tags={}, on_progress=lambda _: None)


def make_with_moviepy(rgb: np.ndarray, path: Path) -> None:
    from moviepy import CompositeVideoClip, ImageClip

    still = ImageClip(rgb).with_duration(SECONDS)
    moving = still.resized(lambda t: zoom(t * RATE) / STILL_SCALE).with_position("center")
    film = CompositeVideoClip([moving], size=(WIDTH, HEIGHT))
    quality = ["-crf", str(CRF), "-pix_fmt", "yuv420p"]
    film.write_videofile(
        str(path), fps=RATE, codec="libx264", preset=PRESET, ffmpeg_params=quality, logger=None
    )


def make_with_ffmpeg(rgb: np.ndarray, path: Path) -> None:
    """Use zoompan on a still enlarged four times: as is, it moves by whole pixels and stutters."""
    import imageio_ffmpeg

    still = path.with_suffix(".png")
    cv2.imwrite(str(still), rgb)
    pan = (
        f"scale={4 * WIDTH}:{4 * HEIGHT}:flags=bicubic,"
        f"zoompan=z='{ZOOM_FROM}+{ZOOM_BY}*on/{COUNT}':x='iw/2-(iw/zoom/2)':y='ih/2-(ih/zoom/2)'"
        f":d={COUNT}:s={WIDTH}x{HEIGHT}:fps={RATE}"
    )
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error", "-i", str(still)]
    command += ["-vf", pan, "-frames:v", str(COUNT), "-c:v", "libx264", "-preset", PRESET]
    subprocess.run([*command, "-crf", str(CRF), "-pix_fmt", "yuv420p", str(path)], check=True)


RIVALS = (
    ("moviepy", make_with_moviepy, FEWEST_MOVIEPY),
    ("imageio_ffmpeg zoompan on a 4x still", make_with_ffmpeg, FEWEST_FFMPEG),
)


def shown(path: Path) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the brightness of the frames that are looked at."""
    with av.open(str(path)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index in LOOKED_AT:
                yield index, frame.to_ndarray()[:HEIGHT, :WIDTH]


def truth(rgb: np.ndarray, index: int) -> np.ndarray:
    """Return the brightness of a frame, sampled at twice the size and averaged."""
    step = STILL_SCALE / zoom(index) / 2
    start = np.array([STILL_WIDTH, STILL_HEIGHT]) / 2 - step * np.array([WIDTH, HEIGHT])
    matrix = np.array([[step, 0, start[0] + step / 2 - 0.5], [0, step, start[1] + step / 2 - 0.5]])
    flags = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    large = cv2.warpAffine(rgb[..., 0], matrix, (2 * WIDTH, 2 * HEIGHT), flags=flags)
    small = cv2.resize(large, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(np.rint(16 + small.astype(np.float32) * 219 / 255), np.uint8)


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
