"""A small stage: beams that follow the music, haze, heads before the lens, somebody in the light."""

from backline.content.templates.artist_caption_stage.words import WORDS
from backline.content.templates.template import CaptionLook, Template

TEMPLATE = Template(
    id="artist-caption-stage",
    name="artist-caption-stage",
    description=(
        "A small stage seen from the audience: beams that swing with the song and flare on its "
        "beats, haze, a drum kit out of focus, heads before the lens. The artist is cut out of the "
        "picture and stands in the light. Vertical 9:16. Suits a tour, a live take, a loud song."
    ),
    needs=("portrait", "any picture"),
    without="A picture without a face is shown on the screen at the back of the stage.",
    caption=CaptionLook(
        size=60,
        weight=750,
        colour=(255, 255, 255),
        sung=(255, 206, 70),
        lines_from="bottom",
        inset=8,
        stroke=4,
        shadow=14,
        shadow_strength=0.7,
    ),
    words=WORDS,
    moods=("loud", "proud", "sweaty", "grateful"),
    movements=("a slow push in", "beams that swing", "lamps that flare on the beat"),
)
