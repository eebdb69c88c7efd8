"""Where things stand on the page. Frame pixels throughout, all even."""

from __future__ import annotations

PHOTO_BOTTOM = 976
"""The picture fills the page from edge to edge down to here."""
LEFT, RIGHT = 84, 888
"""Where type may stand: free of buttons in all three apps."""
RULE_TOP, RULE_WIDTH, RULE_HEIGHT = 1016, 120, 8
KICKER_TOP, KICKER_HEIGHT, KICKER_SIZE = 1040, 52, 36
TITLE_TOP, TITLE_HEIGHT, TITLE_SIZE = 1088, 240, 190
CAPTION_BOTTOM = 934
"""A caption is a label on the picture's lower edge; what is printed below stays free."""
SHELF_TOP, SHELF_BOTTOM = 1344, 1660
COVER_SIDE, COVER_GAP, COVER_DOWN = 272, 26, 14
"""``COVER_DOWN`` is the air above the covers inside their shelf."""
BARS_TOP, BARS_BOTTOM = 1676, 1920
BAR_PITCH, BAR_WIDTH = 18, 10
