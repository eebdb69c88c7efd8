"""create-content against a bare x264 encode of the same frames; a batch; lipsync; listening; memory.

Both are measured warm, in processes forked from one that has everything imported,
as a worker forks them. Of several rounds the best counts, on both sides: whatever
else the machine does only ever adds time.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar
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
SONG, WORDS, SINGER = DEMO / "night-drive.m4a", DEMO / "night-drive.lrc", DEMO / "singer.jpg"
SUNG_FROM_SECONDS = 9.0
LONG_SECONDS, RATE_HZ = 240, 44_100
ROUNDS = 3
BATCH, BATCH_TEMPLATE, MOST_BATCH_RATIO = 8, "artist-caption-bedroom", 1.4
SINGING_TEMPLATE, MOST_LIPSYNC_SECONDS = "artist-caption-bedroom", 2.5
Times = tuple[float, float]
"""Wall seconds and processor seconds."""
MOST_RATIO, AIM_RATIO = 1.6, 1.4
MOST_LISTENING_SECONDS, MOST_PEAK_MB = 2.5, 500


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        song = write_long_song(Path(folder) / "long.mp3")
        bare_seconds = {template: measure(template, song) for template in template_ids()}
        measure_batch(song, bare_seconds[BATCH_TEMPLATE])
        measure_lipsync(song)
        report("listening to four minutes", listening_seconds(song), "s", MOST_LISTENING_SECONDS)


def measure(template: str, song: Path) -> float:
    """Print what a template takes; return the wall seconds of the bare encode of its frames."""
    films = [in_child(partial(make_film, template, song)) for _ in range(ROUNDS)]
    (bare_wall, bare_cpu), _ = in_child(partial(bare_encode, template, song))
    wall, cpu = best(films)
    report(f"{template}: wall", wall / bare_wall, "x bare x264", MOST_RATIO, aim=AIM_RATIO)
    print(f"    wall {wall:.2f} s against {bare_wall:.2f} s", end=", ")
    print(f"processor {cpu:.2f} s against {bare_cpu:.2f} s ({cpu / bare_cpu:.2f} x)")
    report(f"{template}: child's peak", max(peak for _, peak in films), "MB", MOST_PEAK_MB)
    return bare_wall


def measure_batch(song: Path, bare_wall: float) -> None:
    """Print what a batch takes on a worker with a slot for each core, against as many bare encodes."""
    wall = batch_seconds(BATCH_TEMPLATE, song)
    what = f"a batch of {BATCH}, {BATCH_TEMPLATE}"
    report(what, wall / BATCH / bare_wall, "x bare x264", MOST_BATCH_RATIO)


def measure_lipsync(song: Path) -> None:
    """Print by how much longer the film of a portrait takes when it sings."""
    walls, peaks = [], []
    for lipsync in (False, True):
        more = {"lipsync": lipsync, "lyrics": WORDS.read_text(), "clipStart": SUNG_FROM_SECONDS}
        work = partial(make_film, SINGING_TEMPLATE, song, picture=SINGER, **more)
        films = [in_child(work) for _ in range(ROUNDS)]
        walls.append(best(films)[0])
        peaks.append(max(peak for _, peak in films))
    report("lipsync adds", walls[1] - walls[0], "s", MOST_LIPSYNC_SECONDS)
    report("lipsync: child's peak", peaks[1], "MB", MOST_PEAK_MB)


def best(films: list[tuple[Times, float]]) -> Times:
    """Return the least wall and the least processor seconds."""
    wall, cpu = (min(times) for times in zip(*(film for film, _ in films), strict=True))
    return wall, cpu


def report(
    what: str,
    value: float,
    unit: str,
    limit: float,
    *,
    at_least: bool = False,
    aim: float | None = None,
) -> None:
    """Print a figure beside its bound, and the aim beyond it where there is one."""
    bound, missed = ("at least", "UNDER") if at_least else ("at most", "OVER")
    verdict = "ok" if (value >= limit if at_least else value <= limit) else missed
    further = "" if aim is None else f"; aim {aim:g}"
    print(
        f"  {what:<42} {value:8.2f} {unit:<12} ({bound} {limit:g}: {verdict}{further})", flush=True
    )


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


def make_film(template: str, song: Path, **asked: Any) -> Times:
    """Make the video of a song with the whole task; return what it took."""
    return timed(lambda: run_task(template, song, **asked))


def batch_seconds(template: str, song: Path) -> float:
    """Make eight videos of one song as a worker does: a process for each, as many at once as there are cores."""
    fork = multiprocessing.get_context("fork")
    with tempfile.TemporaryDirectory() as folder:
        work = partial(make_variant, template, song, folder)
        begun = time.perf_counter()
        with fork.Pool(os.cpu_count(), maxtasksperchild=1) as slots:
            slots.map(work, range(BATCH), chunksize=1)
        return time.perf_counter() - begun


def make_variant(template: str, song: Path, folder: str, number: int) -> None:
    """Make one video of a batch; whoever comes first listens to the song, and keeps what was found."""
    run_task(
        template,
        song,
        desk=AnalysisDesk(open_store(folder)),
        seed=7 + number,
        variant=number,
    )


def run_task(
    template: str,
    song: Path,
    *,
    picture: Path | None = None,
    desk: AnalysisDesk | None = None,
    **asked: Any,
) -> None:
    payload = {"songs": ["song"], "images": ["image"], "template": template, "seed": 7, **asked}
    with tempfile.TemporaryDirectory() as folder:
        files, workdir = {"song": song, "image": picture or demo_picture()}, Path(folder)
        services = {SERVICE: partial(desk, FIRST_RUN, workdir=workdir)} if desk else {}
        made = run_inline(create_content, payload, files=files, workdir=workdir, services=services)
        assert made.output["lipsync"] == asked.get("lipsync", False), made.output["message"]


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
