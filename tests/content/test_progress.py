"""Progress is told seldom enough, and never takes anything back."""

from __future__ import annotations

from pathlib import Path

import pytest

from backline.content import progress
from backline.content.progress import Progress
from backline.sdk import RunFacts
from backline.testing import InlineContext, InlineFiles


def context(folder: Path) -> InlineContext:
    facts = RunFacts(id="run_1", task_identifier="t", account_id="a")
    return InlineContext(facts, folder, InlineFiles(folder, {}))


def test_a_flood_of_shares_is_told_five_times_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frame every 10 ms for two seconds makes ten updates, not two hundred."""
    ctx, now = context(tmp_path), [1_000_000]
    monkeypatch.setattr(progress, "now_ms", lambda: now[0])
    told = Progress(ctx)
    told.begin("rendering", 0.0)
    for frame in range(200):
        now[0] += 10
        told.reach(frame / 200)
    assert len(ctx.metadata.history["progress"]) == 1 + 10


def test_progress_never_goes_back(tmp_path: Path) -> None:
    """A later step that thinks less of itself keeps what was reached."""
    ctx = context(tmp_path)
    told = Progress(ctx)
    told.begin("rendering", 0.6)
    told.begin("storing", 0.5)
    told.begin("done", 1.7)
    assert ctx.metadata.history["progress"] == [0.6, 0.6, 1.0]
    assert ctx.metadata.history["currentStep"] == ["rendering", "storing", "done"]
