"""Commands that only read the home: side by side, and without leaving a trace."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from backline.errors import AbortRun
from tests.sandboxing.studio import Studio


def test_a_reader_sees_the_home_and_changes_nothing(studio: Studio) -> None:
    """It may write to `/tmp`; the home is read-only, and stays as it was."""
    kept = studio.run("echo la > song; chmod 600 song")
    seen = studio.run("cat song; touch /tmp/x && echo y > new; rm song", readOnly=True)

    assert seen["stdout"] == "la\n"
    assert "Read-only file system" in seen["stderr"]
    assert seen["snapshot"]["id"] == kept["snapshot"]["id"]
    assert (seen["changedFiles"], seen["snapshotError"]) == ([], None)
    assert studio.run("ls")["stdout"] == "song\n"


def test_a_reader_of_an_empty_home_sees_nothing(studio: Studio) -> None:
    """An account that never had a sandbox has one to look at."""
    seen = studio.run("ls -A | wc -l", readOnly=True)

    assert (seen["stdout"], seen["snapshot"]) == ("0\n", None)


def test_readers_and_a_writer_work_side_by_side(studio: Studio) -> None:
    """While a command is in the sandbox, readers see the home as it was before."""
    sandbox_id = studio.run("echo before > song")["sandboxId"]
    answers: dict[str, Any] = {}

    def read(name: str) -> None:
        answers[name] = studio.run("cat song; sleep 0.5; cat song", readOnly=True)["stdout"]

    def write() -> None:
        answers["writer"] = studio.run(
            "echo after > song; until [ -e go ]; do sleep 0.05; done; cat song"
        )["stdout"]

    threads = [threading.Thread(target=write)]
    threads += [threading.Thread(target=read, args=(name,)) for name in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads[1:]:
        thread.join()
    (studio.folder / "homes" / "homes" / sandbox_id / "home" / "go").touch()
    threads[0].join()

    assert {answers[name] for name in ("one", "two", "three")} == {"before\nbefore\n"}
    assert answers["writer"] == "after\n"
    assert studio.run("cat song", readOnly=True)["stdout"] == "after\n"


def test_another_accounts_home_is_not_read(studio: Studio) -> None:
    """Neither by its account, nor by the sandbox's id."""
    mine = studio.run("echo mine > song")
    stranger = Studio(studio.settings, studio.database, studio.stranger_id, studio.folder)

    for order in ({"accountId": studio.account_id}, {"sandboxId": mine["sandboxId"]}):
        with pytest.raises(AbortRun, match=r"reach|not there"):
            stranger.run("cat song", readOnly=True, **order)
