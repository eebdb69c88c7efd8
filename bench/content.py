"""create-content against a bare x264 encode of the same frames; listening; memory."""

from __future__ import annotations

import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import av
import numpy as np

from backline.content.finish import energy_per_frame, finish_sound
from backline.content.media.frame import FRAME_HEIGHT, FRAME_RATE, FRAME_WIDTH, Planes, Scene
from backline.content.media.picture import read_picture
from backline.content.media.video import add_picture
from backline.content.motion import SceneFacts
from backline.content.song import listen
from backline.content.tasks import create_content
from backline.content.templates import build_scene, template_ids
from backline.testing import run_inline

DEMO = Path(__file__).parent.parent / "src" / "backline" / "examples" / "demo"
SONG = DEMO / "night-drive.m4a"
CLIP_SECONDS = 15.0
ROUNDS = 3
Times = tuple[float, float]
"""Wall seconds and processor seconds."""
MOST_RATIO, MOST_LISTENING_SECONDS, MOST_PEAK_MB = 2.0, 4.0, 700


def main() -> None:
    for template in template_ids():
        films = [in_child(partial(make_film, template)) for _ in range(ROUNDS)]
        (bare_wall, bare_cpu), _ = in_child(partial(bare_encode, template))
        wall, cpu = (min(times) for times in zip(*(film for film, _ in films), strict=True))
        report(f"{template}: wall", wall / bare_wall, "x bare x264", MOST_RATIO)
        print(f"    wall {wall:.2f} s against {bare_wall:.2f} s", end=", ")
        print(f"processor {cpu:.2f} s against {bare_cpu:.2f} s ({cpu / bare_cpu:.2f} x)")
        report(f"{template}: child's peak", max(peak for _, peak in films), "MB", MOST_PEAK_MB)
    report("listening to four minutes", listening_seconds(), "s", MOST_LISTENING_SECONDS)


def report(what: str, value: float, unit: str, limit: float) -> None:
    verdict = "ok" if value <= limit else "OVER"
    print(f"  {what:<42} {value:8.2f} {unit:<12} (at most {limit:g}: {verdict})", flush=True)


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


def make_film(template: str) -> Times:
    """Make the demo's video with the whole task; return what it took."""
    payload = {"songs": ["song"], "images": ["image"], "lyricsFile": "words", "template": template}
    files = {"song": SONG, "image": demo_picture(), "words": DEMO / "night-drive.lrc"}
    with tempfile.TemporaryDirectory() as folder:
        return timed(lambda: run_inline(create_content, payload, files=files, workdir=Path(folder)))


def bare_encode(template: str) -> Times:
    """Encode the same 450 frames, drawn beforehand, with the same settings; the best of three."""
    frames = drawn_frames(template)
    rounds = [timed(lambda: encode(frames)) for _ in range(ROUNDS)]
    return min(wall for wall, _ in rounds), min(cpu for _, cpu in rounds)


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


def drawn_frames(template: str) -> list[av.VideoFrame]:
    with tempfile.TemporaryDirectory() as folder:
        sound = finish_sound(SONG, 25.7, CLIP_SECONDS, Path(folder))
    facts = SceneFacts(
        duration_seconds=CLIP_SECONDS, seed=1, beats=[], energy=energy_per_frame(sound)
    )
    scene = build_scene(template, read_picture(demo_picture()), facts)
    return [drawn(scene, index) for index in range(round(CLIP_SECONDS * FRAME_RATE))]


def drawn(scene: Scene, index: int) -> av.VideoFrame:
    frame = av.VideoFrame(FRAME_WIDTH, FRAME_HEIGHT, "yuv420p")
    rows = [np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size) for plane in frame.planes]
    views = [
        row[: plane.height, : plane.width] for row, plane in zip(rows, frame.planes, strict=True)
    ]
    scene.draw(index, Planes(*views))
    return frame


def listening_seconds() -> float:
    """Listen to four minutes of noisy pulses in stereo mp3; return the best of three."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.mp3"
        write_long_song(path)
        return min(timed(lambda: listen(path))[0] for _ in range(ROUNDS))


def timed(work: Callable[[], object]) -> Times:
    """Do the work; return its wall and processor seconds. Only the latter stand still under load."""
    begun, spent = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - begun, time.process_time() - spent


def write_long_song(path: Path) -> None:
    rate_hz, seconds = 44_100, 240
    t = np.arange(rate_hz * seconds) / rate_hz
    noise = np.random.default_rng(1).normal(size=(2, len(t)))
    wave = (0.1 * noise * (1 + np.sin(2 * np.pi * 2 * t)) ** 2).astype(np.float32)
    wave += (0.2 * np.sin(2 * np.pi * 220 * t)).astype(np.float32)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libmp3lame", rate=rate_hz, layout="stereo")
        for start in range(0, len(t), stream.frame_size or 1152):
            part = np.ascontiguousarray(wave[:, start : start + 1152])
            frame = av.AudioFrame.from_ndarray(part, "fltp", "stereo")
            frame.sample_rate, frame.pts = rate_hz, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def demo_picture() -> Path:
    """The demo's picture, whatever its kind."""
    return next(path for path in sorted(DEMO.iterdir()) if path.suffix in (".jpg", ".png"))


if __name__ == "__main__":
    main()
