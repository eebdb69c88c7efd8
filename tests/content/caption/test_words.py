"""What captions say: the right words at the right length."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backline.content.caption import WORD_LIMITS, CaptionRequest, write_caption
from backline.content.media.typesetting import cleaned
from backline.content.templates import template_ids
from backline.errors import InvalidInput

LYRICS = (
    "We left the lights on for nobody",
    "Driving till the radio runs out,",
    "Hold on, hold on",
)


def ask(**facts: object) -> str:
    request = {"template_id": "artist-caption-bedroom", "seed": 1, **facts}
    return write_caption(CaptionRequest(**request))  # type: ignore[arg-type]


def test_given_words_win() -> None:
    """Who writes a caption gets that caption, apostrophes and all."""
    assert ask(text="it’s “mine” (& yours)", length="none") == "it’s “mine” (& yours)"


def test_none_is_silence() -> None:
    """No caption was asked for, none comes."""
    assert ask(length="none", lyric_lines=LYRICS) == ""


@pytest.mark.parametrize("template_id", template_ids())
@pytest.mark.parametrize("length", ["short", "medium", "long"])
@pytest.mark.parametrize(
    "facts",
    [{}, {"song_title": "Night Drive"}, {"song_title": "Night Drive", "artist": "The Wires"},
     {"song_title": "Night Drive", "artist": "The Wires", "lyric_lines": LYRICS},
     {"song_title": "a " * 40, "lyric_lines": ("la " * 90,)}],
    ids=["nothing", "title", "artist", "lyrics", "endless"],
)  # fmt: skip
def test_length_is_kept(template_id: str, length: str, facts: dict[str, object]) -> None:
    """Short, medium and long mean what they say, whatever is known and whatever the seed."""
    fewest, most = WORD_LIMITS[length]
    for seed in range(30):
        text = ask(template_id=template_id, length=length, seed=seed, **facts)
        assert fewest <= len(text.split()) <= most
        assert "{" not in text


def test_lyrics_of_the_clip_come_first() -> None:
    """What is sung is what is quoted."""
    text = ask(lyric_lines=LYRICS[:1], song_title="Night Drive", length="medium")
    assert "we left the lights on for nobody" in text


def test_title_comes_before_the_templates_own_lines() -> None:
    """Without lyrics the song is named."""
    assert "night drive" in ask(song_title="Night Drive", length="medium")


def test_title_with_braces_is_taken_as_it_is() -> None:
    """A title is words, not a pattern."""
    assert "{x}" in ask(song_title="{x}", length="medium")


def test_seed_decides() -> None:
    """The same seed says the same, thirty seeds say many things."""
    assert ask(seed=4) == ask(seed=4)
    assert len({ask(seed=seed) for seed in range(30)}) > 5


@pytest.mark.parametrize("length", ["short", "medium", "long"])
@pytest.mark.parametrize("template_id", template_ids())
@pytest.mark.parametrize("facts", [{}, {"song_title": "Night Drive", "lyric_lines": LYRICS[:1]}])
def test_eight_videos_of_a_batch_say_eight_things(
    template_id: str, length: str, facts: dict[str, object]
) -> None:
    """Even with one line to quote, or nothing known of the song."""
    said = [
        ask(template_id=template_id, length=length, seed=40 + number, variant=number, **facts)
        for number in range(8)
    ]
    assert len(set(said)) == 8


def test_the_first_of_a_batch_says_what_one_alone_does() -> None:
    """A seed means the same whether or not others were ordered with it."""
    assert ask(lyric_lines=LYRICS, seed=7, variant=0) == ask(lyric_lines=LYRICS, seed=7)


def test_unknown_template_is_named() -> None:
    """A wrong template tells the right ones."""
    with pytest.raises(InvalidInput, match="artist-caption-bedroom"):
        ask(template_id="no-such-look")


ANYTHING = st.text(max_size=60) | st.sampled_from(
    [
        "don’t",
        "it's {title}",
        "أغنية جديدة",
        "夜明けまで",
        "🔥👩‍👩‍👧‍👦",
        "a " * 50,
        "x" * 200,
        "...",
        "“?”",
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    template_id=st.sampled_from(template_ids()),
    length=st.sampled_from(["short", "medium", "long"]),
    title=ANYTHING,
    artist=ANYTHING,
    lyrics=st.lists(ANYTHING, max_size=4),
    seed=st.integers(0, 2**53 - 1),
)
def test_length_is_kept_whatever_the_song_is_called(
    template_id: str, length: str, title: str, artist: str, lyrics: list[str], seed: int
) -> None:
    """Any title, artist and lyrics in any script: the words are counted as they are read."""
    fewest, most = WORD_LIMITS[length]
    text = ask(
        template_id=template_id,
        length=length,
        song_title=title,
        artist=artist,
        lyric_lines=lyrics,
        seed=seed,
    )
    assert fewest <= len(text.split()) <= most
    assert text == cleaned(text)


@pytest.mark.parametrize(
    "line",
    ["don’t stop — it’s “now”, Zoë", "أغنية جديدة (live)", "夜明けまで君を", "go 🔥👩‍👩‍👧‍👦 go"],
)
def test_a_sung_line_survives_letter_by_letter(line: str) -> None:
    """Apostrophes, quotes, joined emoji and every script are quoted as they were written."""
    text = ask(template_id="album-record-store", lyric_lines=[line], length="medium")
    assert line in text
