"""Draws the stills of docs/templates.md: each template with the demo picture and a caption.

python scripts/draw_template_stills.py
"""

from __future__ import annotations

from pathlib import Path

import cv2

from backline.content.caption import CaptionRequest, draw_caption, write_caption
from backline.content.media.colour import to_rgb
from backline.content.media.frame import FRAME_RATE, new_planes
from backline.content.media.picture import read_picture, write_jpeg
from backline.content.motion import SceneFacts
from backline.content.templates import build_scene, template_ids

HOUSE = Path(__file__).parent.parent
PICTURE = HOUSE / "src/backline/examples/demo/night-drive.jpg"
SEED, SECONDS = 7, 3
SIZE = (540, 960)


def main() -> None:
    """Draw one still per template into docs/images."""
    picture = read_picture(PICTURE)
    for template_id in template_ids():
        facts = SceneFacts(duration_seconds=15.0, seed=SEED, beats=(), energy=())
        words = write_caption(
            CaptionRequest(
                template_id=template_id,
                song_title="Night Drive",
                artist="Paper Satellites",
                seed=SEED,
            )
        )
        frame = new_planes()
        build_scene(template_id, picture, facts).draw(SECONDS * FRAME_RATE, frame)
        overlay = draw_caption(words, template_id)
        if overlay is not None:
            overlay.blend(frame)
        still = cv2.resize(to_rgb(frame), SIZE, interpolation=cv2.INTER_AREA)
        out = HOUSE / "docs/images" / f"{template_id}.jpg"
        write_jpeg(still, out, quality=86)
        print(f"{out.relative_to(HOUSE)}: {words}")


if __name__ == "__main__":
    main()
