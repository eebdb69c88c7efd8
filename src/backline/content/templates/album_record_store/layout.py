"""Where things stand in the shop, in still pixels (1.5 times those of the frame)."""

from __future__ import annotations

from backline.content.media.frame import FRAME_HEIGHT, FRAME_WIDTH, Area
from backline.content.media.still import STILL_SCALE

COUNTER_Y = 1250 * STILL_SCALE
"""Where the counter meets the shelves behind it."""

SLEEVE_SIDE = round(684 * STILL_SCALE)
SLEEVE_CENTRE = (404 * STILL_SCALE, 918 * STILL_SCALE)
SLEEVE_DEGREES = -1.1
ZOOM_TO = 1.09
"""The nearest that the camera comes."""


def _sleeve_area() -> Area:
    """Return the frame's part that the sleeve covers at the camera's nearest, with its tilt and the camera's sway."""
    reach = (SLEEVE_SIDE / STILL_SCALE / 2 + 8) * ZOOM_TO + 6
    x, y = (
        (place / STILL_SCALE - middle) * ZOOM_TO + middle
        for place, middle in zip(SLEEVE_CENTRE, (FRAME_WIDTH / 2, FRAME_HEIGHT / 2), strict=True)
    )
    return Area(round(x - reach), round(y - reach), round(x + reach), round(y + reach))


SLEEVE_AREA = _sleeve_area()

RECORD_CENTRE = (872 * STILL_SCALE, 924 * STILL_SCALE)
RECORD_RADIUS = 334 * STILL_SCALE
LABEL_RADIUS = RECORD_RADIUS * 100 / 302
"""A 12-inch record has 302 mm across, its label 100 mm (IEC 60098)."""
AXLE_RADIUS = RECORD_RADIUS * 7.24 / 302
"""The hole has 7.24 mm."""
