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

_COVERS_BOTTOM = SHELF_TOP + COVER_DOWN + COVER_SIDE
_AIR_BELOW = 40


def lift_of(bottom: int) -> int:
    """Return how far all below the picture is moved up in a film that ends at row ``bottom``.

    Covers that would be cut through are lifted into it whole; where none of
    them would be seen, everything stays.
    """
    would_be_cut = SHELF_TOP + COVER_DOWN < bottom < _COVERS_BOTTOM + _AIR_BELOW
    return _COVERS_BOTTOM + _AIR_BELOW - bottom if would_be_cut else 0
