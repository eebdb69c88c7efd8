"""Where somebody sings: asked of a clip's candidates when a mouth shall move, since it moves to words."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from backline.content.clip import Clip, ClipCandidate
from backline.content.finish import cut_clip
from backline.content.lyrics import LyricLine
from backline.content.song import Song
from backline.content.voice import hear_voice

ENOUGH_SUNG = 0.4
"""Of a clip's seconds, when the times of the words are known: less is mostly instrumental."""
ENOUGH_VOICE = 0.3
"""Of the middle band's power, when they are not. Lipsync itself asks for 0.2, which drums in the
middle can reach; where there is a choice, doubt is avoided."""


def sung_first(clip: Clip, song: Song, path: Path) -> Clip:
    """Return the clip with candidates that are sung before those that are not, else by their score.

    By timed lyrics where there are any, else by the voice in the middle of the
    stereo image; of a song in mono without words nothing is known, and nothing changes.
    """
    weighed = [
        replace(candidate, sung_share=_sung_share(candidate, clip.duration_seconds, song, path))
        for candidate in clip.candidates
    ]
    if not weighed:
        return clip
    enough = ENOUGH_SUNG if song.lyrics else ENOUGH_VOICE
    # The sort is stable: within the sung ones, and within the others, the score decides.
    ranked = sorted(weighed, key=lambda one: one.sung_share is not None and one.sung_share < enough)
    return replace(clip, start_seconds=ranked[0].start_seconds, candidates=ranked)


def _sung_share(
    candidate: ClipCandidate, duration_seconds: float, song: Song, path: Path
) -> float | None:
    start = candidate.start_seconds
    if song.lyrics:
        return _share_of_lines(song.lyrics, start, start + duration_seconds)
    voice = hear_voice(cut_clip(path, start, duration_seconds))
    return None if voice.is_mono else round(voice.share, 3)


def _share_of_lines(lines: list[LyricLine], start_seconds: float, end_seconds: float) -> float:
    sung = sum(
        max(0.0, min(line.end_seconds, end_seconds) - max(line.start_seconds, start_seconds))
        for line in lines
    )
    return round(min(1.0, sung / (end_seconds - start_seconds)), 3)
