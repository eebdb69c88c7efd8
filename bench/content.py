"""create-content against a bare x264 encode of the same frames; listening; memory."""

from __future__ import annotations

import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar
from unittest.mock import patch

import av
import numpy as np

from backline.content import compose
from backline.content.analysis_desk import SERVICE, AnalysisDesk
from backline.content.media.audio import Audio, frames_of, read_audio
from backline.content.media.frame import FRAME_HEIGHT, FRAME_RATE, FRAME_WIDTH
from backline.content.media.video import FrameCanvas, VideoWriter, add_picture
from backline.content.song import listen
from backline.content.tasks import create_content
from backline.content.templates import template_ids
from backline.storage import open_store
from backline.testing import run_inline
from backline.testing.run import FIRST_RUN

DEMO = Path(__file__).parent.parent / "src" / "backline" / "examples" / "demo"
SONG = DEMO / "night-drive.m4a"
LONG_SECONDS, RATE_HZ = 240, 44_100
ROUNDS = 3
BATCH, BATCH_TEMPLATE, MOST_BATCH_RATIO = 8, "artist-caption-bedroom", 1.4
Times = tuple[float, float]
"""Wall seconds and processor seconds."""
MOST_RATIO, MOST_LISTENING_SECONDS, MOST_PEAK_MB = 1.6, 2.5, 500


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        song = write_long_song(Path(folder) / "long.mp3")
        for template in template_ids():
            measure(template, song)
        report("listening to four minutes", listening_seconds(song), "s", MOST_LISTENING_SECONDS)


def measure(template: str, song: Path) -> None:
    films = [in_child(partial(make_film, template, song)) for _ in range(ROUNDS)]
    (bare_wall, bare_cpu), _ = in_child(partial(bare_encode, template, song))
    if template == BATCH_TEMPLATE:
        (wall, _), _ = in_child(partial(make_batch, template, song))
        report(
            f"a batch of {BATCH}, {template}",
            wall / BATCH / bare_wall,
            "x bare x264",
            MOST_BATCH_RATIO,
        )
    wall, cpu = (min(times) for times in zip(*(film for film, _ in films), strict=True))
    report(f"{template}: wall", wall / bare_wall, "x bare x264", MOST_RATIO)
    print(f"    wall {wall:.2f} s against {bare_wall:.2f} s", end=", ")
    print(f"processor {cpu:.2f} s against {bare_cpu:.2f} s ({cpu / bare_cpu:.2f} x)")
    report(f"{template}: child's peak", max(peak for _, peak in films), "MB", MOST_PEAK_MB)


def report(what: str, value: float, unit: str, limit: float, *, at_least: bool = False) -> None:
    verdict = "ok" if (value >= limit if at_least else value <= limit) else "OVER"
    bound = "at least" if at_least else "at most"
    print(f"  {what:<42} {value:8.2f} {unit:<12} ({bound} {limit:g}: {verdict})", flush=True)


def in_child(work: Callable[[], Times]) -> tuple[Times, float]:
    """Fork this warm process, work there; return what it measured and its peak memory in MB."""
    fork = multiprocessing.get_context("fork")
    receiver, sender = fork.Pipe(duplex=False)

    def child() -> None:
        measured = work()
        sender.send((measured, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))

    process = fork.Process(target=child)
    process.start()
    sender.close()
    result: tuple[Times, float] = receiver.recv()
    process.join()
    return result


def make_film(template: str, song: Path) -> Times:
    """Make the video of a song with the whole task; return what it took."""
    return timed(lambda: run_task(template, song))


def make_batch(template: str, song: Path) -> Times:
    """Make eight videos of one song, which is listened to once; one by one, as each keeps all cores busy."""
    with tempfile.TemporaryDirectory() as folder:
        desk = AnalysisDesk(open_store(folder))
        return timed(lambda: [run_task(template, song, number, desk) for number in range(BATCH)])


def run_task(template: str, song: Path, variant: int = 0, desk: AnalysisDesk | None = None) -> None:
    payload = {"songs": ["song"], "images": ["image"], "template": template}
    payload |= {"seed": 7 + variant, "variant": variant}
    with tempfile.TemporaryDirectory() as folder:
        files, workdir = {"song": song, "image": demo_picture()}, Path(folder)
        services = {SERVICE: partial(desk, FIRST_RUN, workdir=workdir)} if desk else {}
        run_inline(create_content, payload, files=files, workdir=workdir, services=services)


def bare_encode(template: str, song: Path) -> Times:
    """Encode the very frames of that video, drawn beforehand, with the same settings; the best of three."""
    with patch.object(compose, "VideoWriter", FrameKeeper):
        run_task(template, song)
    rounds = [timed(lambda: encode(FrameKeeper.frames)) for _ in range(ROUNDS)]
    return min(wall for wall, _ in rounds), min(cpu for _, cpu in rounds)


class FrameKeeper(VideoWriter):
    """Keeps the frames in memory instead of encoding them."""

    frames: ClassVar[list[av.VideoFrame]] = []

    def write_canvas(self, canvas: FrameCanvas) -> None:
        copy = FrameCanvas()
        for plane, drawn in zip(copy.planes, canvas.planes, strict=True):
            np.copyto(plane, drawn)
        self.frames.append(copy.frame)


def encode(frames: list[av.VideoFrame]) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        av.open(f"{folder}/bare.mp4", "w") as container,
    ):
        stream = add_picture(container, FRAME_WIDTH, FRAME_HEIGHT, FRAME_RATE)
        for index, frame in enumerate(frames):
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def listening_seconds(song: Path) -> float:
    """Listen to the song; return the best of three."""
    return min(timed(lambda: listen(song))[0] for _ in range(ROUNDS))


def timed(work: Callable[[], object]) -> Times:
    """Do the work; return its wall and processor seconds. Only the latter stand still under load."""
    begun, spent = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - begun, time.process_time() - spent


def write_long_song(path: Path) -> Path:
    """Write the demo's song as a stereo mp3 of four minutes, over and over from its start."""
    once = read_audio(SONG, RATE_HZ, mono=False).samples
    rounds = -(-LONG_SECONDS * RATE_HZ // once.shape[1])
    whole = Audio(np.tile(once, rounds)[:, : LONG_SECONDS * RATE_HZ], RATE_HZ)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libmp3lame", rate=RATE_HZ, layout="stereo")
        for frame in frames_of(whole, 1152):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def demo_picture() -> Path:
    """The demo's picture, whatever its kind."""
    return next(path for path in sorted(DEMO.iterdir()) if path.suffix in (".jpg", ".png"))


if __name__ == "__main__":
    main()
