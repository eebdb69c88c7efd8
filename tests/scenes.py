"""What the templates' tests share: a second of music, and frames to look at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backline.content.media.frame import Planes, Scene, new_planes
from backline.content.media.picture import Picture
from backline.content.motion import Beat, SceneFacts
from backline.content.templates import build_scene


def music(seed: int = 1, beats: bool = True) -> SceneFacts:
    """Two seconds at 120 beats a minute."""
    grid = [
        Beat(seconds=n / 2 + 0.2, strength=0.9, is_downbeat=n % 4 == 0) for n in range(4 * beats)
    ]
    return SceneFacts(duration_seconds=2.0, seed=seed, beats=grid, energy=[0.5] * 60)


def frame(scene: Scene, index: int) -> Planes:
    planes = new_planes()
    scene.draw(index, planes)
    return planes


def brightness(
    template_id: str, picture: Picture, index: int, **facts: object
) -> NDArray[np.uint8]:
    """Draw one frame of a fresh scene and return its luma."""
    return frame(build_scene(template_id, picture, music(**facts)), index).y  # type: ignore[arg-type]
