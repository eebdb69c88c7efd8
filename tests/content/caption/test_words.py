"""What captions say: the right words at the right length."""

from __future__ import annotations

import pytest

from backline.content.caption import WORD_LIMITS, CaptionRequest, write_caption
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


def test_unknown_template_is_named() -> None:
    """A wrong template tells the right ones."""
    with pytest.raises(InvalidInput, match="artist-caption-bedroom"):
        ask(template_id="no-such-look")
