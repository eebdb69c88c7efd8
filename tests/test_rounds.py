from __future__ import annotations

import threading

import pytest

from backline.errors import BacklineError
from backline.rounds import BATCH, going_round
from tests.processes import eventually


def test_full_batches_follow_one_another() -> None:
    """As long as there may be more nobody waits for the next look."""
    left = [BATCH, BATCH, 3]
    with going_round("old things", lambda: left.pop(0)):
        eventually(lambda: not left)


def test_a_round_is_finished_before_the_block_ends() -> None:
    """What it works with may be closed right after."""
    begun, finished = threading.Event(), threading.Event()

    def sweep() -> int:
        begun.set()
        finished.wait(0.2)
        finished.set()
        return 0

    with going_round("old things", sweep):
        begun.wait()
    assert finished.is_set()


def test_what_can_not_be_cleared_away_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """The worker goes on, and the log names what stays and why."""

    def fail() -> int:
        raise BacklineError("the bucket is gone")

    with going_round("old things", fail):
        eventually(lambda: "old things stay for now: the bucket is gone" in caplog.text)
