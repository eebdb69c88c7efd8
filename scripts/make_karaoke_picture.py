"""Draws the picture of karaoke captions in docs/templates.md: one moment of a line in every template.

python scripts/make_karaoke_picture.py [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from backline.content.caption import draw_sung_lines, lines_of_clip
from backline.content.lyrics import parse_lrc
from backline.content.media.colour import to_rgb
from backline.content.media.frame import FRAME_RATE, new_planes
from backline.content.media.picture import Picture, Rgb, read_picture, write_jpeg
from backline.content.motion import SceneFacts
from backline.content.templates import build_scene, find_template, template_ids

HOUSE = Path(__file__).parent.parent
SIZE = (216, 384)
WORDS = "[00:01.00]<00:01.00>Drive <00:01.50>until <00:02.00>the <00:02.30>morning <00:03.00>comes"
MOMENT_SECONDS = 1.8


def moment(template_id: str, picture: Picture) -> Rgb:
    """Draw a template while the second word of a line is sung."""
    lower_case = find_template(template_id).words.lower_case
    lines = lines_of_clip(parse_lrc(WORDS), 0.0, 5.0, lower_case=lower_case)
    facts = SceneFacts(
        duration_seconds=5.0,
        seed=7,
        beats=(),
        energy=[0.5] * 150,
        title="Night Drive",
        artist="Paper Satellites",
        date="28 November 2026",
    )
    scene = build_scene(template_id, picture, facts)
    caption = draw_sung_lines(lines, template_id, scene.faces, by_word=True)
    planes, index = new_planes(), round(MOMENT_SECONDS * FRAME_RATE)
    scene.draw(index, planes)
    if caption is not None:
        caption.draw(index, planes)
    return np.asarray(cv2.resize(to_rgb(planes), SIZE, interpolation=cv2.INTER_AREA))


def main() -> None:
    """Draw the picture and say where it lies."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HOUSE / "docs/images"
    picture = read_picture(HOUSE / "src/backline/examples/demo/singer.jpg")
    strip = np.hstack([moment(template_id, picture) for template_id in template_ids()])
    path = folder / "karaoke.jpg"
    write_jpeg(strip, path, quality=84)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
