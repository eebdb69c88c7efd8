"""Captions that stand still: in any script, inside the safe area, on nobody's face."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backline.content.caption import draw_caption, unshown_characters
from backline.content.media.frame import Area, new_planes
from backline.content.media.overlay import Overlay
from backline.content.media.safe_area import REELS, SHORTS, TIKTOK, safe_area
from backline.content.media.shaping import pieces_of, shape_line
from backline.content.media.typesetting import SMALLEST_SIZE, cleaned, typeset
from backline.content.templates import find_template, template_ids

SCRIPTS = {
    "latin": "Don’t stop — it’s “now”, Zoë & Łukasz, 100 %",
    "vietnamese": "Tôi đã viết bài hát này lúc ba giờ sáng",
    "cyrillic": "Эта песня для тех, кто не спит",
    "greek": "Το τραγούδι για όσους ξαγρυπνούν",
    "arabic": "أغنية جديدة (live) من القلب، 2026",
    "hebrew": "שיר חדש (live) מהלב",
    "devanagari": "मैंने यह गीत रात के तीन बजे लिखा",
    "bengali": "আমি রাত তিনটায় গানটি লিখেছি",
    "tamil": "இந்தப் பாடலை இரவில் எழுதினேன்",
    "thai": "เพลงนี้เขียนตอนตีสามและยังไม่ได้นอน",
    "khmer": "ខ្ញុំបានសរសេរបទចម្រៀងនេះនៅពេលយប់",
    "japanese": "夜明けまで君を待っていた。それでもいい",
    "korean": "새벽 세 시에 쓴 노래입니다",
    "chinese": "我在凌晨三点写了这首歌，没有人听见",
    "georgian": "ეს სიმღერა ღამით დავწერე",
    "armenian": "Այս երգը գիշերն եմ գրել",
    "ethiopic": "ይህን ዘፈን በሌሊት ጻፍኩት",
    "emoji": "🔥👩‍👩‍👧‍👦🏳️‍🌈👍🏽❤️‍🔥1️⃣🇩🇪✨",
    "symbols": "♪ ★ → ✓ ♥ © € ½",
}


def inked(overlay: Overlay) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of what an overlay changes by more than a breath of shadow."""
    rows, columns = np.nonzero(overlay.shows_luma < 160)
    left, top = overlay.area.left, overlay.area.top
    return (
        left + int(columns.min()), top + int(rows.min()),
        left + int(columns.max()) + 1, top + int(rows.max()) + 1,
    )  # fmt: skip


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
def test_every_script_is_drawn_with_real_glyphs(text: str) -> None:
    """No box for "unknown" in any script that the bundled fonts hold, and nothing left out."""
    pieces, unknown = pieces_of(text, 600)
    assert unknown == ""
    assert all(glyph.number != 0 for glyph in shape_line(pieces).glyphs)


@pytest.mark.parametrize("template_id", template_ids())
@pytest.mark.parametrize("text", [*SCRIPTS.values(), "word " * 60, "a" * 300, "hi", "夜" * 300])
def test_caption_stays_inside_the_safe_area(template_id: str, text: str) -> None:
    """Nothing that has to be read lies under an app's buttons."""
    overlay = draw_caption(text, template_id)
    assert overlay is not None
    left, top, right, bottom = inked(overlay)
    area = safe_area()
    assert left >= area.left
    assert right <= area.right
    assert top >= area.top
    assert bottom <= area.bottom


def test_safe_area_is_free_in_every_app() -> None:
    """The one area respects the margins of all three."""
    area = safe_area()
    for app in (TIKTOK, REELS, SHORTS):
        assert area.left >= app.left
        assert area.top >= app.top
        assert 1080 - area.right >= app.right
        assert 1920 - area.bottom >= app.bottom


def lies_on(overlay: Overlay, face: Area) -> bool:
    left, top, right, bottom = inked(overlay)
    return left < face.right and right > face.left and top < face.bottom and bottom > face.top


@pytest.mark.parametrize("template_id", template_ids())
@pytest.mark.parametrize("words", [2, 8, 20, 60])
@pytest.mark.parametrize(
    "face",
    [
        Area(300, 320, 780, 700),
        Area(200, 700, 900, 1200),
        Area(250, 600, 830, 1000),
        Area(0, 900, 500, 1300),
    ],
    ids=["high", "low", "middle", "left"],
)
def test_caption_gives_way_to_a_face(template_id: str, words: int, face: Area) -> None:
    """Above or below, smaller if need be, inside the safe area: never on a face."""
    overlay = draw_caption("word " * words, template_id, [face])
    assert overlay is not None
    assert not lies_on(overlay, face)
    left, top, right, bottom = inked(overlay)
    area = safe_area()
    assert area.left <= left < right <= area.right
    assert area.top <= top < bottom <= area.bottom


def test_caption_stays_where_it_belongs_when_no_face_is_near() -> None:
    """A face elsewhere changes nothing."""
    plain = draw_caption("hi", "artist-caption-bedroom")
    beside = draw_caption("hi", "artist-caption-bedroom", [Area(300, 300, 700, 800)])
    assert plain is not None
    assert beside is not None
    assert plain.area == beside.area


def test_caption_is_shown_even_when_a_face_fills_the_safe_area() -> None:
    """With nowhere to go it stays at its place rather than being lost."""
    overlay = draw_caption("hi", "artist-caption-bedroom", [Area(0, 0, 1080, 1920)])
    assert overlay is not None


@pytest.mark.parametrize(
    "text", ["", "   ", "\n\n\t", "\x00\x07\x1b", "\u202e\ufeff\u200b", "\ue000"]
)
def test_nothing_to_draw_is_no_overlay(text: str) -> None:
    """Blank, invisible and private characters draw nothing and harm nobody."""
    assert draw_caption(text, "album-record-store") is None


def test_control_characters_do_not_reach_the_film() -> None:
    """What steers terminals and direction is taken out, the words stay."""
    assert cleaned("a\x00b\u202ec\r\nd\te") == "abc\nd e"


def test_line_breaks_are_kept() -> None:
    """Two lines that were written stay two lines."""
    setting = typeset("one\ntwo", 600, 60, 696, 960)
    assert setting is not None
    assert len(setting.lines) == 2


def test_five_thousand_characters_end_in_an_ellipsis() -> None:
    """A novel is set at the smallest legible size and cut, inside its box."""
    setting = typeset("word " * 1000, 600, 60, 696, 960)
    dots = shape_line(pieces_of("…", 600)[0]).glyphs[0].number
    assert setting is not None
    assert setting.size == SMALLEST_SIZE
    assert setting.height <= 960
    assert setting.lines[-1].glyphs[-1].number == dots


def test_longer_captions_are_smaller() -> None:
    """The type gives way to the words, step by step."""
    sizes = [typeset("word " * n, 600, 60, 696, 960).size for n in (3, 30, 70, 150)]  # type: ignore[union-attr]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) > 2


def test_unknown_characters_are_left_out_and_named() -> None:
    """A script that no bundled font holds is reported, the rest is drawn."""
    overlay = draw_caption("hello \U00012000", "artist-caption-bedroom")
    assert overlay is not None
    assert overlay.unshown == "\U00012000"
    assert unshown_characters("hello \U00012000\n\U00012001", "artist-caption-bedroom") == (
        "\U00012000\U00012001"
    )


@pytest.mark.parametrize("template_id", template_ids())
def test_letters_are_legible_on_black_and_on_white(template_id: str) -> None:
    """On any ground the letters differ from what is right beside them."""
    overlay = draw_caption("MMMM", template_id)
    look = find_template(template_id).caption
    assert overlay is not None
    for ground in (16, 126, 235):
        frame = new_planes()
        frame.y[:] = ground
        overlay.blend(frame)
        area = overlay.area
        part = frame.y[area.top : area.bottom, area.left : area.right].astype(int)
        letters = part[part.shape[0] // 2 - look.size // 4 : part.shape[0] // 2 + look.size // 4]
        assert letters.max() - letters.min() > 90


def test_blend_touches_its_own_part_only() -> None:
    """Outside the overlay the frame stays as it was."""
    overlay = draw_caption("hi", "artist-caption-bedroom")
    frame = new_planes()
    frame.y[:] = 77
    assert overlay is not None
    overlay.blend(frame)
    area = overlay.area
    frame.y[area.top : area.bottom, area.left : area.right] = 77
    assert (frame.y == 77).all()


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=120))
def test_no_text_breaks_the_caption(text: str) -> None:
    """Whatever Unicode holds is drawn, left out or refused as blank, and stays in its place."""
    overlay = draw_caption(text, "artist-caption-bedroom")
    if overlay is not None:
        assert 0 <= overlay.area.left < overlay.area.right <= 1080
        assert 0 <= overlay.area.top < overlay.area.bottom <= 1920


def test_paper_of_two_equal_lines_is_one_piece() -> None:
    """At the joint of two lines the paper is as wide as at their middles: no bite out of its edges."""
    overlay = draw_caption("hold on\nhold on", "album-record-store")
    assert overlay is not None
    covered = (overlay.shows_luma < 60).sum(axis=1)
    rows = np.flatnonzero(covered > 0)
    inner = covered[rows[0] + 20 : rows[-1] - 20]
    assert inner.max() - inner.min() <= 2
