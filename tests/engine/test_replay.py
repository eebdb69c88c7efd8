"""After a wait a task starts from the top, and what it said before is not heard twice."""

from __future__ import annotations

import pytest

from backline.engine.replay import Replay
from backline.runtime import messages as say

SAID = say.Said("stdout", "before the wait")
COUNTED = say.MetadataChanged("increment", "done", 1)
KNOWN = {"render", "wait", "trigger mix"}


def heard(replay: Replay, *messages: say.FromChild) -> list[say.FromChild]:
    return [message for message in messages if not replay.repeats(message)]


def test_an_attempt_that_did_not_wait_is_heard_at_once() -> None:
    """Nothing is a repetition when nothing was said."""
    assert heard(Replay(None, set()), SAID, COUNTED) == [SAID, COUNTED]


@pytest.mark.parametrize(
    "reached",
    [
        say.WaitAsked("wait", until=1),
        say.WaitsAsked([say.WaitAsked("wait", until=1)]),
        say.StepAsked("a-new-step"),
        say.TriggerAsked("trigger other", [], False, True),
    ],
)
def test_it_is_heard_again_from_the_wait_on(reached: say.FromChild) -> None:
    """Known steps on the way are answered; the wait, or anything that is new, ends the silence."""
    replay = Replay("wait", KNOWN)
    step = say.StepAsked("render")
    assert heard(replay, SAID, step, COUNTED, SAID) == [step]
    assert heard(replay, reached, SAID, COUNTED) == [reached, SAID, COUNTED]


def test_signs_of_life_are_always_heard() -> None:
    """Only words are repeated."""
    assert heard(Replay("wait", KNOWN), say.Beat()) == [say.Beat()]
