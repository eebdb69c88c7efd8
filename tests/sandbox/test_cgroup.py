"""Rooms in control groups, on the real ones of this machine as far as it has any."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from backline.errors import SetupError
from backline.sandbox import EmbeddedProvider, Homes, read_command
from backline.sandbox.cgroup import confined, require
from backline.sandbox.limits import Limits
from tests.sandbox.stage import SMALL, Stage


def mounted() -> Path | None:
    """Return where control groups of version 2 are mounted, and can be written."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, place, kind, *_ = line.split()
        if kind == "cgroup2" and os.access(place, os.W_OK):
            return Path(place)
    return None


@pytest.fixture
def parent() -> Iterator[Path]:
    """A group of our own to make others in."""
    place = mounted()
    if place is None:
        pytest.skip("this machine has no control groups of version 2 that we may write")
    folder = place / f"backline-test-{os.getpid()}"
    folder.mkdir()
    yield folder
    folder.rmdir()


def provider_in(stage: Stage, group: Path) -> EmbeddedProvider:
    return EmbeddedProvider(Homes(stage.folder / "here"), cgroup=group)


def test_everything_in_a_room_is_in_its_group(
    home_stage: Stage, parent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its first process on; and at the end the group is gone."""
    seen: list[int] = []

    def look(_stream: str, _piece: bytes) -> None:
        (group,) = [path for path in parent.iterdir() if path.is_dir()]
        seen.append(len((group / "cgroup.procs").read_text().split()))

    def bare(folder: Path, room: object, limits: Limits) -> object:
        return confined(folder, room, limits, controllers=())  # type: ignore[arg-type]

    monkeypatch.setattr("backline.sandbox.embedded.confined", bare)
    with provider_in(home_stage, parent).open("sbx_a", None, home_stage.blobs) as sandbox:
        finished = sandbox.run(
            read_command("sleep 30 & sleep 30 & echo on; sleep 0.3", is_shell=True), look
        )

    assert finished.exit_code == 0
    assert seen[0] >= 4  # the first process, the shell, and two that sleep
    assert [path for path in parent.iterdir() if path.is_dir()] == []


def test_memory_is_held_by_the_kernel(home_stage: Stage, parent: Path) -> None:
    """Many small processes together meet the limit of all."""
    if "memory" not in (parent / "cgroup.controllers").read_text():
        pytest.skip("this machine's control groups of version 2 hold no memory")
    script = "for n in 1 2 3; do python3 -c 'x = b\"x\" * (100 << 20); input()' & done; wait"
    with provider_in(home_stage, parent).open("sbx_a", None, home_stage.blobs) as sandbox:
        finished = sandbox.run(read_command(script, is_shell=True, limits=SMALL), lambda *_: None)

    assert finished.limit == "memory"


def test_a_group_that_can_not_be_used_refuses_commands(home_stage: Stage, tmp_path: Path) -> None:
    """Nothing runs with weaker limits than were asked for."""
    with (
        provider_in(home_stage, tmp_path).open("sbx_a", None, home_stage.blobs) as sandbox,
        pytest.raises(SetupError, match="no control group of version 2"),
    ):
        sandbox.run(read_command("touch ran", is_shell=True), lambda *_: None)

    assert not list(home_stage.folder.rglob("ran"))


def test_missing_controllers_are_named(parent: Path) -> None:
    """So that an operator knows what to delegate."""
    with pytest.raises(SetupError, match="does not have song and dance: delegate them"):
        require(parent, ("song", "dance"))


def test_no_group_at_all_is_said(tmp_path: Path) -> None:
    """A plain folder is none."""
    shutil.rmtree(tmp_path)

    with pytest.raises(SetupError, match="no control group"):
        require(tmp_path)
