"""The letters: open fonts that come with backline's packages, for every script they hold.

Noto Sans leads; whatever it lacks is looked for in its sisters, piece by piece.
Fonts installed on the machine are never looked at, so a caption looks the same
everywhere. All of them are variable: one file, every weight. (SIL Open Font License.)
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import resources

import msgspec
import uharfbuzz as hb

from backline.content.media.graphemes import is_ignorable, wants_emoji

_BASE = "NotoSans[wght].ttf"
_EMOJI = "NotoEmoji[wght].ttf"
_CJK = "NotoSansCJK-VF.otf.ttc"
_CJK_FACES = {"ja": 0, "ko": 1, "zh": 2}
_SCRIPTS = (
    "Arabic", "Hebrew", "Devanagari", "Thai", "Bengali", "Tamil", "Telugu", "Gujarati", "Gurmukhi",
    "Kannada", "Malayalam", "Oriya", "Sinhala", "Khmer", "Lao", "Myanmar", "Armenian", "Georgian",
    "Ethiopic",
)  # fmt: skip
_HANGUL = (range(0xAC00, 0xD7B0), range(0x1100, 0x1200), range(0x3130, 0x3190))
_KANA = (range(0x3040, 0x3100), range(0x31F0, 0x3200), range(0xFF66, 0xFFA0))


class Typeface(msgspec.Struct, frozen=True, eq=False):
    """One font file at one weight."""

    name: str
    font: hb.Font
    units_per_em: int
    covered: hb.Set

    def covers(self, cluster: str) -> bool:
        """Return whether every character of a cluster has a glyph here."""
        return all(ord(char) in self.covered or is_ignorable(ord(char)) for char in cluster)

    @property
    def is_tall(self) -> bool:
        """Whether its script stacks marks above and below, so that lines must stand further apart."""
        return self.name not in (_BASE, _EMOJI, _CJK)


def cjk_language(text: str) -> str:
    """Return whose forms Han characters take: Korean or Japanese when their own letters are near, else Chinese."""
    if any(ord(char) in letters for char in text for letters in _KANA):
        return "ja"
    if any(ord(char) in letters for char in text for letters in _HANGUL):
        return "ko"
    return "zh"


def typeface_for(cluster: str, weight: int, language: str) -> Typeface | None:
    """Return the first typeface that can draw a cluster, or None when there is none."""
    for typeface in _candidates(cluster, weight, language):
        if typeface.covers(cluster):
            return typeface
    return None


def _candidates(cluster: str, weight: int, language: str) -> Iterable[Typeface]:
    if wants_emoji(cluster):
        yield _open("manimgx_fonts", _EMOJI, 0, weight)
    yield _open("manimgx_fonts", _BASE, 0, weight)
    if ord(cluster[0]) >= 0x2E80:
        yield _open("manimgx_fonts_cjk", _CJK, _CJK_FACES[language], weight)
    for script in _SCRIPTS:
        yield _open("manimgx_fonts", f"NotoSans{script}[wght].ttf", 0, weight)
    yield _open("manimgx_fonts", _EMOJI, 0, weight)
    yield _open("manimgx_fonts", "NotoSansSymbols[wght].ttf", 0, weight)
    yield _open("manimgx_fonts_cjk", _CJK, _CJK_FACES[language], weight)


@cache
def _open(package: str, name: str, index: int, weight: int) -> Typeface:
    """Map a font file into memory; a process opens each once."""
    with resources.as_file(resources.files(package) / name) as path:
        face = hb.Face(hb.Blob.from_file_path(str(path)), index)
    font = hb.Font(face)
    font.set_variations({"wght": weight})
    return Typeface(name=name, font=font, units_per_em=face.upem, covered=face.unicodes)
