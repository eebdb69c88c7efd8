from __future__ import annotations

import pytest

from backline.runs.status import FINAL, MOVES, RunStatus, may_move


def test_every_status_has_its_moves() -> None:
    """The table of moves is exhaustive."""
    assert set(MOVES) == set(RunStatus)


@pytest.mark.parametrize("status", sorted(FINAL))
def test_a_final_status_never_changes(status: RunStatus) -> None:
    """Nothing leaves a final status."""
    assert not any(may_move(status, other) for other in RunStatus)


def test_everything_that_is_not_final_can_be_canceled() -> None:
    """A person can stop any run that has not ended."""
    assert all(may_move(status, RunStatus.CANCELED) for status in set(RunStatus) - FINAL)


def test_every_status_can_be_reached() -> None:
    """No status but the first ones is without a way to it."""
    born = {RunStatus.PENDING_VERSION, RunStatus.DELAYED, RunStatus.QUEUED}
    reached = born | {new for news in MOVES.values() for new in news}
    assert reached == set(RunStatus)
