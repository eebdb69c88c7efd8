"""A page from a music paper: the press picture, the title in large type, covers drawn from the artwork."""

from backline.content.templates.artist_release_editorial.words import WORDS
from backline.content.templates.template import CaptionLook, Template

TEMPLATE = Template(
    id="artist-release-editorial",
    name="artist-release-editorial",
    description=(
        "A page of a music paper that announces a release: the press picture from edge to edge, "
        "artist and date, the title in large type, four covers drawn from the artwork that glide "
        "by, and the song as bars at the foot that fill as it plays. Paper and accents take their "
        "colours from the picture. Vertical 9:16. Suits a release day or a playlist pitch."
    ),
    needs=("portrait", "artwork", "any picture"),
    without="Any picture works; without a title or an artist those lines stay empty.",
    caption=CaptionLook(
        size=46,
        weight=600,
        colour=(250, 247, 240),
        sung=(255, 196, 128),
        lines_from="bottom",
        shadow=10,
        shadow_strength=0.35,
        box=(20, 18, 22),
        box_opacity=0.94,
    ),
    words=WORDS,
    moods=("composed", "proud", "matter of fact"),
    movements=(
        "a slow push in on the picture",
        "covers that glide by",
        "bars that fill as the song plays",
    ),
)
