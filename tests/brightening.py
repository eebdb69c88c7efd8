"""Films by somebody else, whose brightness tells the time, and what a step keeps of a film that is made."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np


def write_film(
    path: Path,
    seconds: float = 2.0,
    *,
    size: tuple[int, int] = (180, 320),
    rate: int = 30,
    first: int = 40,
    last: int = 200,
) -> Path:
    """Write an mp4 that brightens evenly from luma ``first`` to ``last``; a dark bar stands in its middle."""
    count = round(seconds * rate)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for index in range(count):
            frame = av.VideoFrame(*size, "yuv420p")
            luma = round(first + (last - first) * index / max(1, count - 1))
            for plane, value in zip(frame.planes, (luma, 128, 128), strict=True):
                rows = np.full((plane.height, plane.line_size), value, np.uint8)
                if value == luma:
                    rows[:, plane.width // 2 - 4 : plane.width // 2 + 4] = 16
                plane.update(rows)
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _kept(name: str, kind: str) -> dict[str, object]:
    return {
        "fileId": f"file_{name}", "storageKey": "k", "fileName": name,
        "mimeType": kind, "sizeBytes": 1, "signedUrl": f"http://127.0.0.1/{name}",
    }  # fmt: skip


RENDERED: dict[str, object] = {
    "video": _kept("film.mp4", "video/mp4"),
    "poster": _kept("poster.jpg", "image/jpeg"),
    "preview": _kept("preview.webp", "image/webp"),
    "lipsync": False,
    "left_out": "",
}
"""What the last step of a video keeps, for tests that are about the steps before it."""
