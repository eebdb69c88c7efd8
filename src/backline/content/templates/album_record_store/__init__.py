"""A record shop in warm light: the sleeve on the counter, the record turning beside it."""

from backline.content.templates.album_record_store.words import WORDS
from backline.content.templates.template import CaptionLook, Template

TEMPLATE = Template(
    id="album-record-store",
    name="album-record-store",
    description=(
        "The artwork as a record: on a sleeve that stands on the counter of a cluttered shop, and "
        "on the label of the record that turns at 33 1/3 beside it. Warm lamps, full shelves out "
        "of focus, a crate of other records in front, the artist's name on its card. Vertical 9:16. Suits a release, an anniversary, a pressing."
    ),
    needs=("artwork", "any picture"),
    without="Any picture works; it is cropped to a square around its faces. Nobody sings.",
    sings=False,
    caption=CaptionLook(
        size=56,
        weight=600,
        colour=(52, 32, 22),
        sung=(196, 52, 22),
        lines_from="top",
        inset=14,
        shadow=14,
        shadow_strength=0.6,
        box=(246, 235, 212),
        box_opacity=0.96,
    ),
    words=WORDS,
    moods=("quiet pride", "nostalgic", "warm", "unhurried"),
    movements=("a slow push in", "the record turning", "lamps that breathe with the song"),
)
