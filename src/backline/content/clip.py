"""The fifteen seconds that people will remember: choosing them by listening.

What comes back is the hook. So each downbeat is judged as a beginning: does the
stretch after it return elsewhere in the song (the same notes, the same sound),
is it loud against the rest, does something new begin there? Words that are
written down and repeat outweigh all of it.
"""

from __future__ import annotations

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from backline.content.harmony import FRAMES_PER_SECOND as NOTES_PER_SECOND
from backline.content.lyrics import repeated_lines
from backline.content.order import DEFAULT_CLIP_SECONDS, SHORTEST_CLIP_SECONDS
from backline.content.song import Song
from backline.content.spectrum import FRAMES_PER_SECOND, Array

LEAD_IN_SECONDS = 0.03
"""A clip begins this much before its downbeat, so that the fade-in ends as the beat is struck."""

_NOTES_WEIGHT, _SOUND_WEIGHT = 0.7, 0.3
"""What makes two beats alike: mostly their notes, partly their sound."""
_BAR_BEATS = _STACKED_BEATS = 4
_BEST_RETURNS = 3

# What a beginning is judged by, weighed on 150 songs put together from known sections, choruses
# 1 to 5 dB louder than verses that never sing the same tune. On 200 others the first pick was the
# beginning of a chorus, to 2 s, in 93 of a hundred.
_RETURNS_WEIGHT = 1.4
_LOUDNESS_WEIGHT = 1.2
_NEW_NOTES_WEIGHT, _NEW_SOUND_WEIGHT = 0.2, 0.1
_RISE_WEIGHT = 0.2
_OPENING_SHARE, _OPENING_PENALTY = 0.2, 0.8
"""The first moments of a song are intro and verse more often than hook; the penalty fades out."""
_SECTION_BEATS = 32
"""Eight bars, a section's length and not a chord's: what returns is looked for, and what is new is
told from what was, over as many, however long the clip is."""

_WORDS_WEIGHT = 1.5
_HOOK_BEGINS_WEIGHT = 0.5
_LONGEST_WAIT_SECONDS = 5.0
"""A hook that begins at once is worth most; after five seconds nobody waits for it."""
_GRID_SECONDS = 0.5
"""Stands in for beats in a song without any."""


class ClipCandidate(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A place where the clip could begin, and how good it is against the song's others."""

    start_seconds: float
    score: float
    sung_share: float | None = None
    """How much of it is sung, 0 to 1, when a mouth shall move; None when that is not known."""


class Clip(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The part of the song that the video plays."""

    start_seconds: float
    duration_seconds: float
    candidates: list[ClipCandidate]
    """Up to three, best first; empty when the caller, or the song's length, left no choice."""


def choose_clip(
    song: Song, duration_seconds: float = DEFAULT_CLIP_SECONDS, start_seconds: float | None = None
) -> Clip:
    """Choose where to begin; ``start_seconds`` overrides the choice.

    A song shorter than the clip is played whole, without the silence at its ends.
    """
    if start_seconds is not None:
        rest = song.duration_from_frames_seconds - start_seconds
        return _clip(start_seconds, min(duration_seconds, rest), [])
    sounding_seconds = song.sounds_until_seconds - song.sounds_from_seconds
    if sounding_seconds <= duration_seconds:
        return _whole(song, duration_seconds)
    candidates = rank_starts(song, duration_seconds)
    return _clip(candidates[0].start_seconds, duration_seconds, candidates)


def another_clip(clip: Clip, number: int) -> Clip:
    """Return the clip that begins at another candidate: 0 is the best, and after the last comes it again."""
    if not clip.candidates:
        return clip
    chosen = clip.candidates[number % len(clip.candidates)]
    return replace(clip, start_seconds=chosen.start_seconds)


def rank_starts(song: Song, duration_seconds: float) -> list[ClipCandidate]:
    """Return the three best beginnings, at least half a clip apart, best first."""
    grid = _grid(song)
    starts = _possible_starts(song, grid, duration_seconds)
    beats = max(_STACKED_BEATS, round(duration_seconds / float(np.median(np.diff(grid)))))
    scores = _scores(song, grid, beats)[starts] + _words_scores(
        song, grid[starts], duration_seconds
    )
    chosen: list[int] = []
    for place in np.argsort(-scores, kind="stable"):
        apart = np.abs(grid[starts[place]] - grid[starts[chosen]]) if chosen else np.array([np.inf])
        if len(chosen) < 3 and apart.min() >= duration_seconds / 2:
            chosen.append(int(place))
    return [_candidate(float(grid[starts[place]]), float(scores[place])) for place in chosen]


def _candidate(beat_seconds: float, score: float) -> ClipCandidate:
    start = max(0.0, beat_seconds - LEAD_IN_SECONDS)
    return ClipCandidate(start_seconds=round(start, 3), score=round(score, 3))


def _clip(start: float, duration: float, candidates: list[ClipCandidate]) -> Clip:
    return Clip(
        start_seconds=round(start, 3), duration_seconds=round(duration, 3), candidates=candidates
    )


def _whole(song: Song, duration_seconds: float) -> Clip:
    """All that sounds, or, of a sound shorter than a clip may be, with the silence around it."""
    start, end = song.sounds_from_seconds, song.sounds_until_seconds
    if end - start < SHORTEST_CLIP_SECONDS:
        start = max(0.0, min(start, song.duration_from_frames_seconds - duration_seconds))
        end = min(song.duration_from_frames_seconds, start + duration_seconds)
    start = max(0.0, start - LEAD_IN_SECONDS)
    return _clip(start, end - start, [])


def _grid(song: Song) -> Array:
    """The beats, in seconds; an even grid for a song with hardly any."""
    beats = np.array(song.rhythm.beat_seconds)
    if len(beats) >= 4 * _STACKED_BEATS:
        return beats
    return np.arange(song.sounds_from_seconds, song.sounds_until_seconds, _GRID_SECONDS)


def _possible_starts(song: Song, grid: Array, duration_seconds: float) -> NDArray[np.intp]:
    """Indices of the downbeats after which a whole clip still sounds; any beat, when there are none."""
    fits = grid + duration_seconds <= song.sounds_until_seconds + LEAD_IN_SECONDS
    on_beats = len(grid) == len(song.rhythm.beat_seconds)
    downbeats = np.arange(len(grid)) % _BAR_BEATS == song.rhythm.first_downbeat
    chosen = np.flatnonzero(fits & downbeats) if on_beats else np.flatnonzero(fits)
    return chosen if len(chosen) else np.zeros(1, np.intp)


def _scores(song: Song, grid: Array, window: int) -> Array:
    """Judge each beat of the grid as a beginning; ``window`` is the clip's length in beats."""
    sound = _between(song.mel, grid, FRAMES_PER_SECOND)
    notes = _between(song.notes, grid, NOTES_PER_SECOND)
    alike_sound = _alike(sound)
    likeness = _NOTES_WEIGHT * _alike(_stacked(notes)) + _SOUND_WEIGHT * alike_sound
    loudness = sound.mean(axis=1)
    opening = np.clip(1 - np.arange(len(grid)) / len(grid) / _OPENING_SHARE, 0, 1)
    scores: Array = (
        _RETURNS_WEIGHT * _returns(likeness)
        + _LOUDNESS_WEIGHT * _forward_mean(_unit(loudness), window)
        + _NEW_NOTES_WEIGHT * _novelty(_alike(notes))
        + _NEW_SOUND_WEIGHT * _novelty(alike_sound)
        + _RISE_WEIGHT * _rise(loudness)
        - _OPENING_PENALTY * opening
    )
    return scores


def _between(frames: Array, grid: Array, frames_per_second: float) -> Array:
    """The mean of the frames from each beat to the next, shape (beats, features)."""
    edges = np.append(grid, grid[-1] + (grid[-1] - grid[-2]))
    places = np.clip(np.round(edges * frames_per_second).astype(int), 0, len(frames) - 1)
    total = np.concatenate([np.zeros((1, frames.shape[1])), np.cumsum(frames, axis=0, dtype=float)])
    first, last = places[:-1], np.maximum(places[1:], places[:-1] + 1)
    means: Array = (total[last] - total[first]) / (last - first)[:, None]
    return means


def _stacked(rows: Array) -> Array:
    """Each beat together with the three after it: a melody is known by its order."""
    return np.concatenate([np.roll(rows, -step, axis=0) for step in range(_STACKED_BEATS)], axis=1)


def _alike(rows: Array) -> Array:
    """How alike each two rows are against the song's average, -1 to 1, shape (beats, beats)."""
    apart = rows - rows.mean(axis=0)
    directions = apart / np.maximum(np.linalg.norm(apart, axis=1, keepdims=True), 1e-6)
    alike: Array = directions @ directions.T
    return alike


def _returns(likeness: Array) -> Array:
    """How well the section after each beat returns: the mean of its three best repeats elsewhere.

    A repeat is a diagonal of the likeness matrix at least half a section away.
    """
    beats = len(likeness)
    window = max(1, min(_SECTION_BEATS, beats // 3))
    best = np.full((beats, _BEST_RETURNS + 1), -0.2, np.float32)
    for lag in range(max(1, window // 2), beats - window):
        total = np.cumsum(np.insert(np.diagonal(likeness, lag), 0, 0.0))
        alike = (total[window:] - total[:-window]) / window
        for place in (slice(0, len(alike)), slice(lag, lag + len(alike))):
            best[place, 0] = alike
            best[place].sort(axis=1)
    mean: Array = best[:, 1:].mean(axis=1)
    return mean


def _novelty(likeness: Array) -> Array:
    """How much the song changes at each beat, 0 to 1 (J. Foote's checkerboard, 2000)."""
    reach = np.arange(-_SECTION_BEATS, _SECTION_BEATS) + 0.5
    taper = np.exp(-0.5 * (reach / (0.5 * _SECTION_BEATS)) ** 2) * np.sign(reach)
    kernel = np.outer(taper, taper)
    padded = np.pad(likeness, _SECTION_BEATS, mode="edge")
    size = 2 * _SECTION_BEATS
    change = [
        float((padded[beat : beat + size, beat : beat + size] * kernel).sum())
        for beat in range(len(likeness))
    ]
    return _unit(np.array(change))


def _rise(loudness: Array) -> Array:
    """How much louder the bar after each beat is than the bar before, 0 to 1."""
    before = np.pad(loudness, (_BAR_BEATS, 0), mode="edge")[: len(loudness)]
    bars = _forward_mean(loudness, _BAR_BEATS) - _forward_mean(before, _BAR_BEATS)
    risen: Array = bars / max(2 * float(bars.std()), 1e-6)
    return risen.clip(0, 1)


def _forward_mean(values: Array, window: int) -> Array:
    total = np.cumsum(np.insert(np.pad(values, (0, window), mode="edge"), 0, 0.0))
    return ((total[window:] - total[:-window]) / window)[: len(values)]


def _unit(values: Array) -> Array:
    """Stretch to 0..1 between the song's own low and high."""
    low, high = np.quantile(values, (0.05, 0.95))
    stretched: Array = (values - low) / max(float(high - low), 1e-6)
    return stretched.clip(0, 1)


def _words_scores(song: Song, starts_seconds: Array, duration_seconds: float) -> Array:
    """What timed lyrics add: repeated lines inside, and a hook that begins right at the start."""
    repeats = repeated_lines(song.lyrics)
    if not any(repeats):
        return np.zeros(len(starts_seconds))
    sung = np.array([line.start_seconds for line in song.lyrics])
    hook = np.array(repeats, dtype=float)
    begins = sung[np.flatnonzero(np.diff(hook, prepend=0.0) > 0)]
    scores = []
    for start in starts_seconds:
        inside = (sung >= start - 0.25) & (sung < start + duration_seconds - 1)
        share = hook[inside].sum() / max(3.0, float(inside.sum()))
        wait = np.append(begins[begins >= start - 0.25] - start, _LONGEST_WAIT_SECONDS).min()
        soon = 1 - min(max(wait, 0.0), _LONGEST_WAIT_SECONDS) / _LONGEST_WAIT_SECONDS
        scores.append(_WORDS_WEIGHT * share + _HOOK_BEGINS_WEIGHT * soon)
    return np.array(scores)
