"""Where things stand in the shop, in still pixels (1.5 times those of the frame)."""

from __future__ import annotations

from backline.content.media.still import STILL_SCALE

COUNTER_Y = 1226 * STILL_SCALE
"""Where the counter meets the shelves behind it."""

SLEEVE_SIDE = round(684 * STILL_SCALE)
SLEEVE_CENTRE = (404 * STILL_SCALE, 894 * STILL_SCALE)
SLEEVE_DEGREES = -1.1

RECORD_CENTRE = (872 * STILL_SCALE, 900 * STILL_SCALE)
RECORD_RADIUS = 334 * STILL_SCALE
LABEL_RADIUS = RECORD_RADIUS * 100 / 302
"""A 12-inch record has 302 mm across, its label 100 mm (IEC 60098)."""
AXLE_RADIUS = RECORD_RADIUS * 7.24 / 302
"""The hole has 7.24 mm."""
