"""A page from a music paper: the press picture, the title in large type, covers drawn from the artwork."""

from backline.content.templates.artist_release_editorial.words import WORDS
from backline.content.templates.template import CaptionLook, Template

TEMPLATE = Template(
    id="artist-release-editorial",
    name="artist-release-editorial",
    description=(
        "A page that announces a release: the picture across the upper half, artist and title in "
        "large type, the date if there is one, four covers drawn from the artwork, and the song as "
        "a row of bars that fill as it plays. Colours come from the picture. Vertical 9:16. Suits "
        "a release day or a playlist pitch."
    ),
    needs=("portrait", "artwork", "any picture"),
    without="Any picture works; without a title or an artist those lines stay empty.",
    caption=CaptionLook(
        size=46,
        weight=500,
        colour=(250, 247, 240),
        sung=(255, 196, 128),
        lines_from="bottom",
        inset=4,
        stroke=2,
        shadow=16,
        shadow_strength=0.8,
    ),
    words=WORDS,
    moods=("composed", "proud", "matter of fact"),
    movements=("a slow push in on the picture", "bars that fill as the song plays"),
)
