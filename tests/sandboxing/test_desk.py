"""The worker's side of a sandbox run: whose files and leases a task may name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from backline.db import Database
from backline.engine import Dispatch
from backline.errors import AbortRun
from backline.runs import NewRun, Run, catalog, queries
from backline.sandboxing import tasks
from backline.sandboxing.desk import SandboxDesk
from backline.settings import Settings
from backline.storage import open_store
from tests.cast import Cast

DIGEST = "0" * 64


@pytest.fixture
def desk(settings: Settings, database: Database) -> SandboxDesk:
    return SandboxDesk(settings, database, open_store(settings.storage_url))


def run_of(database: Database, dispatch: Dispatch, account_id: str, **more: Any) -> Run:
    order = NewRun(account_id=account_id, task_identifier="run-sandbox-command", **more)
    run_id = dispatch.trigger(order).run_id
    with database.read() as connection:
        run = queries.find_run(connection, run_id)
    assert run is not None
    return run


def lease(desk: SandboxDesk, run: Run, workdir: Path) -> dict[str, Any]:
    taken: dict[str, Any] = desk(run, {"type": "Take", "account_id": run.account_id}, workdir)
    return {"sandbox_id": taken["sandbox_id"], "fence": taken["fence"], "digest": DIGEST}


def test_only_files_of_the_workdir_are_stored_as_blobs(
    desk: SandboxDesk, database: Database, dispatch: Dispatch, cast: Cast, tmp_path: Path
) -> None:
    """A task can neither name the worker's own files, nor lead there by a link."""
    run = run_of(database, dispatch, cast.alice.account_id)
    workdir = tmp_path / "work"
    workdir.mkdir()
    (workdir / "link").symlink_to("/etc/passwd")
    (workdir / "layer").write_text("mine")
    held = lease(desk, run, workdir)

    for path in ("/etc/passwd", f"{workdir}/../data/secret", f"{workdir}/link"):
        with pytest.raises(AbortRun, match=r"ctx\.workdir"):
            desk(run, {"type": "Keep", **held, "path": path}, workdir)
    desk(run, {"type": "Keep", **held, "path": str(workdir / "layer")}, workdir)

    brought = desk(run, {"type": "Fetch", **held, "folder": str(workdir)}, workdir)
    assert Path(brought).read_text() == "mine"


def test_blobs_are_brought_into_the_workdir_only(
    desk: SandboxDesk, database: Database, dispatch: Dispatch, cast: Cast, tmp_path: Path
) -> None:
    """A task can not have the worker write elsewhere."""
    run = run_of(database, dispatch, cast.alice.account_id)

    with pytest.raises(AbortRun, match=r"ctx\.workdir"):
        desk(run, {"type": "Fetch", **lease(desk, run, tmp_path), "folder": "/etc"}, tmp_path)


def test_a_run_without_the_lease_gets_no_blob(
    desk: SandboxDesk, database: Database, dispatch: Dispatch, cast: Cast, tmp_path: Path
) -> None:
    """Another account's run names the right numbers and gains nothing."""
    held = lease(desk, run_of(database, dispatch, cast.alice.account_id), tmp_path)
    stranger = run_of(database, dispatch, cast.charlie.account_id)

    with pytest.raises(AbortRun, match="does not hold"):
        desk(stranger, {"type": "Fetch", **held, "folder": str(tmp_path)}, tmp_path)


def test_a_run_without_the_lease_changes_nothing(
    desk: SandboxDesk, database: Database, dispatch: Dispatch, cast: Cast, tmp_path: Path
) -> None:
    """It can neither put a home of its own in place, nor keep the lease, nor give it back."""
    owner = run_of(database, dispatch, cast.alice.account_id)
    held = lease(desk, owner, tmp_path)
    stranger = run_of(database, dispatch, cast.charlie.account_id)
    snapshot = {"digest": DIGEST, "blobs": [DIGEST], "home_bytes": 1, "home_entries": 1}

    for act in ({"type": "Save", "snapshot": snapshot}, {"type": "Renew"}):
        with pytest.raises(AbortRun, match="does not hold"):
            desk(stranger, held | act, tmp_path)
    desk(stranger, held | {"type": "Release"}, tmp_path)

    desk(owner, held | {"type": "Renew"}, tmp_path)


def test_a_lease_of_a_run_that_has_ended_holds_nobody_up(
    desk: SandboxDesk, database: Database, dispatch: Dispatch, cast: Cast, tmp_path: Path
) -> None:
    """Its process was killed and gave nothing back; while it goes on, others wait."""
    killed = run_of(database, dispatch, cast.alice.account_id)
    following = run_of(database, dispatch, cast.alice.account_id)
    held = lease(desk, killed, tmp_path)
    take = {"type": "Take", "account_id": cast.alice.account_id}

    assert desk(following, take, tmp_path) is None
    dispatch.cancel(killed.id)
    taken = desk(following, take, tmp_path)

    assert taken["fence"] > held["fence"]
    with pytest.raises(AbortRun, match="does not hold"):
        desk(killed, {"type": "Renew", **held}, tmp_path)


def test_runs_wait_in_their_accounts_lane(
    database: Database, dispatch: Dispatch, cast: Cast
) -> None:
    """However they were triggered, two runs of an account go one after another, and only those."""
    worker = catalog.Worker("worker_1", "here", "1:1", "v1", 9, 0, 0)
    with database.exclusive() as connection:
        catalog.announce(connection, worker, [tasks.run_sandbox_command.facts])
    alice, bob = cast.alice.account_id, cast.bob.account_id

    admitted = [run_of(database, dispatch, owner).is_admitted for owner in (alice, alice, bob)]
    aside = run_of(database, dispatch, alice, queue="elsewhere")
    keyed = run_of(database, dispatch, alice, concurrency_key="mine")

    assert admitted == [True, False, True]
    assert aside.is_admitted
    assert aside.concurrency_key is None
    assert keyed.concurrency_key == "mine"
