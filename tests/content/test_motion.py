"""The camera's path and the pulse of the beat, as functions of time."""

from __future__ import annotations

from itertools import pairwise

import pytest

from backline.content.motion import Beat, Camera, drift, ease, energy_at, pulse_at

DOWNBEAT = Beat(seconds=1.0, strength=1.0, is_downbeat=True)
UPBEAT = Beat(seconds=1.0, strength=1.0, is_downbeat=False)


def test_ease_goes_from_start_to_end_and_never_back() -> None:
    """The push-in begins at its beginning, ends at its end, and only ever nears."""
    steps = [ease(i / 100) for i in range(101)]
    assert (steps[0], steps[-1]) == (0.0, pytest.approx(1.0))
    assert all(later > earlier for earlier, later in pairwise(steps))


def test_drift_stays_small_and_differs_by_seed() -> None:
    """Two runs wander differently, neither further than allowed."""
    paths = [[drift(i / 30, seed, 0) for i in range(900)] for seed in (1, 2)]
    assert max(abs(place) for path in paths for place in path) <= 1
    assert paths[0] != paths[1]


def test_camera_moves_less_than_half_a_pixel_a_frame() -> None:
    """A still hand: what the viewer sees is breathing, not shaking."""
    camera = Camera(duration_seconds=15.0, seed=8)
    views = [camera.view(i / 30) for i in range(450)]
    steps = [abs(b.shift_x - a.shift_x) for a, b in pairwise(views)]
    assert max(steps) < 0.5


def test_pulse_peaks_on_the_beat_and_is_gone_before_the_next() -> None:
    """A beat is felt at once and over within half a second."""
    assert pulse_at(1.0, [DOWNBEAT]) == pytest.approx(1.0)
    assert pulse_at(1.5, [DOWNBEAT]) < 0.05
    assert pulse_at(0.9, [DOWNBEAT]) == 0


def test_other_beats_pulse_half_as_much() -> None:
    """The first of the bar leads."""
    assert pulse_at(1.02, [UPBEAT]) == pytest.approx(pulse_at(1.02, [DOWNBEAT]) / 2)


def test_energy_is_smoothed_and_bounded_by_the_clip() -> None:
    """A single loud frame does not flash, and times beyond the clip are answered from its end."""
    energy = [0.0] * 30 + [1.0] + [0.0] * 30
    assert 0 < energy_at(1.0, energy, 30) < 0.2
    assert energy_at(99.0, energy, 30) == 0.0
    assert energy_at(1.0, (), 30) == 0.5
