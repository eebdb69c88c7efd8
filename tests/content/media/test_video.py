"""The encoder's bytes hang on the frames alone."""

from __future__ import annotations

import os
import subprocess
import sys

ENCODE = """
import hashlib, io
import av, cv2, numpy as np
from backline.content.media.video import add_picture

width, height, frames = 270, 480, 60
rubble = np.random.default_rng(1).integers(0, 256, (height, width)).astype(np.uint8)
still = cv2.normalize(cv2.GaussianBlur(rubble, (0, 0), 2.5), None, 20, 235, cv2.NORM_MINMAX)
found = hashlib.sha256()
with av.open(io.BytesIO(), "w", format="mp4") as container:
    stream = add_picture(container, width, height, 30)
    for index in range(frames):
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), index * 0.2, 1.02 + index * 0.004)
        light = min(1.0, (frames - index) / 13)
        y = 16 + (cv2.warpAffine(still, turn, (width, height)) - 16.0) * light
        frame = av.VideoFrame(width, height, "yuv420p")
        for plane, values in zip(frame.planes, (y.clip(0, 255), 128, 128)):
            rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
            rows[: plane.height, : plane.width] = values
        frame.pts = index
        for packet in [*stream.encode(frame), *(stream.encode(None) if index == frames - 1 else [])]:
            found.update(bytes(packet))
print(found.hexdigest())
"""


def encoded_with_memory_filled(value: int) -> str:
    """Encode in a process whose fresh memory holds ``value`` in every byte (glibc's own switch)."""
    environment = os.environ | {"MALLOC_PERTURB_": str(value)}
    done = subprocess.run(
        [sys.executable, "-c", ENCODE], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_what_lies_in_fresh_memory_does_not_reach_the_film() -> None:
    """A moving, fading picture gives the same bytes whatever the memory held before."""
    first, second, third = (encoded_with_memory_filled(value) for value in (85, 170, 3))
    assert first == second == third
