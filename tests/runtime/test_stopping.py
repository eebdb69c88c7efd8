"""A signal interrupts a task between two words, never within one."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from backline.runtime.stopping import SIGNALS, StopKind, StopSign
from backline.sdk import RunStopped


@pytest.fixture
def stop() -> Iterator[StopSign]:
    """A stop sign that hears this process's own signals."""
    before = {number: signal.getsignal(number) for number in SIGNALS.values()}
    sign = StopSign()
    sign.listen()
    yield sign
    for number, handler in before.items():
        signal.signal(number, handler)


def tell() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_a_task_is_interrupted_once(stop: StopSign) -> None:
    """A second signal does not disturb the cleanup."""
    with pytest.raises(RunStopped):
        tell()
    tell()
    assert stop.is_up


@pytest.mark.parametrize("kind", SIGNALS)
def test_a_signal_says_what_becomes_of_the_run(stop: StopSign, kind: StopKind) -> None:
    """Canceled, tried again, or gone on with elsewhere: the hooks depend on it."""
    with pytest.raises(RunStopped):
        os.kill(os.getpid(), SIGNALS[kind])
    assert stop.kind == kind


def test_a_word_is_finished_first(stop: StopSign) -> None:
    """The interruption comes at the end of the outermost block."""
    said = []
    with pytest.raises(RunStopped), stop.held_back():
        with stop.held_back():
            tell()
            said.append("half")
        said.append("whole")
    assert said == ["half", "whole"]


def test_whoever_looks_is_not_interrupted(stop: StopSign) -> None:
    """The sign is up, and that is all."""
    stop.is_watched = True
    tell()
    assert stop.is_up


def test_an_ended_task_is_not_interrupted(stop: StopSign) -> None:
    """Too late is not at all."""
    stop.ignore()
    tell()
    assert not stop.is_up
