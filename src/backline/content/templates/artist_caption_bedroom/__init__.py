"""A dim bedroom at night: violet LED light, string lights out of focus, a caption that says little."""

from backline.content.templates.artist_caption_bedroom.words import WORDS
from backline.content.templates.template import CaptionLook, Template

TEMPLATE = Template(
    id="artist-caption-bedroom",
    name="artist-caption-bedroom",
    description=(
        "A dim, lived-in bedroom at night under violet LED light, filmed on a phone: grain, "
        "string lights out of focus, light through blinds. The artist is cut out of the picture "
        "and is in the room. Vertical 9:16. Suits a quiet line over a song that is already out."
    ),
    needs=("portrait", "artwork", "any picture"),
    without=(
        "An upright picture without a face fills the frame in the room's light; a wide or square "
        "one hangs on the wall as a print, lit from behind."
    ),
    caption=CaptionLook(
        size=62,
        weight=650,
        colour=(255, 255, 255),
        sung=(255, 122, 222),
        lines_from="bottom",
        inset=8,
        stroke=3,
        shadow=16,
        shadow_strength=0.75,
    ),
    words=WORDS,
    moods=("deadpan", "awake too late", "quietly sure", "tender", "a little tired"),
    movements=("a slow push in", "a hand that is almost still", "light that follows the beat"),
)
