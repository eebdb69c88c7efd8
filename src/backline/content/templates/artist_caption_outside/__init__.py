"""A street at night after rain: lights out of focus, reflections, somebody standing there."""

from backline.content.templates.artist_caption_outside.words import WORDS
from backline.content.templates.template import CaptionLook, Template

TEMPLATE = Template(
    id="artist-caption-outside",
    name="artist-caption-outside",
    description=(
        "A city street at night after rain: shop signs and lamps out of focus, all of it again in "
        "the wet ground and in the roof of a car before the lens, on which rain stands; lights "
        "pass behind. The artist is cut out of the picture and stands "
        "in it, lit amber from one side and teal from the other. Vertical 9:16. Suits a song for "
        "walking home."
    ),
    needs=("portrait", "any picture"),
    without="A picture without a face is shown in a lit poster case at the kerb.",
    caption=CaptionLook(
        size=60,
        weight=600,
        colour=(255, 248, 236),
        sung=(255, 190, 84),
        lines_from="bottom",
        inset=8,
        stroke=3,
        shadow=18,
        shadow_strength=0.8,
    ),
    words=WORDS,
    moods=("restless", "wide awake", "alone in a good way", "cinematic"),
    movements=("a slow push in", "lights that drift past", "signs that follow the beat"),
)
