"""Sandboxes over HTTP: who may have which, what is refused, and in what shape it is answered."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backline.runs import queries
from backline.sandbox.compression import compress
from backline.sandbox.snapshot import Entry, Index
from backline.sandboxes import ledger
from backline.sandboxing.blobs import blob_key
from backline.server import open_store
from backline.settings import Settings
from tests.api.stage import Api, refusal, refused_field
from tests.cast import Cast, Player

PATH = "/api/sandboxes"


def payload_of(api: Api, run_id: str) -> dict[str, Any]:
    with api.database.read() as connection:
        run = queries.find_run(connection, run_id)
    assert run is not None
    payload: dict[str, Any] = msgspec.json.decode(run.payload or "{}")
    return payload


def keep_home(api: Api, settings: Settings, owner: Player, tmp_path: Path) -> str:
    """Give an account a home with one file in its list, and return the snapshot's id."""
    entries = (
        Entry(b"notes", b"d", b"755", 4096, 8, b"1.0", b"1.0", 1),
        Entry(b"notes/song.txt", b"f", b"644", 12, 8, b"1.0", b"1.0", 2),
    )
    content = compress(msgspec.msgpack.encode(Index(entries, ())))
    digest = hashlib.sha256(content).hexdigest()
    path = tmp_path / "index"
    path.write_bytes(content)
    with api.database.write() as connection:
        record = ledger.ensure(connection, owner.account_id)
        lease = ledger.take(connection, record.id, "run_1")
        assert lease is not None
        made = ledger.new_snapshot(
            record.id, "run_1", digest=digest, blobs=(digest,), home_bytes=8192, home_entries=2
        )
        kept = ledger.keep_snapshot(connection, record.id, lease.fence, made)
        ledger.release(connection, record.id, lease.fence)
    store = open_store(settings.storage_url)
    store.put_file(blob_key(record.id, digest), path, "application/octet-stream")
    return kept.id


def test_a_command_is_triggered_in_the_accounts_sandbox(api: Api, cast: Cast) -> None:
    """The answer holds the item with the run's id; the run holds what was asked."""
    answer = api.post(cast.alice, PATH, {"command": "ls -la"})
    item = answer.json()["sandboxes"][0]
    payload = payload_of(api, item["runId"])

    assert answer.status_code == 200
    assert set(item) == {"sandboxId", "sandboxStatus", "timeout", "createdAt", "runId"}
    assert item["sandboxStatus"] == "pending"
    assert (payload["command"], payload["sandboxId"]) == ("ls -la", item["sandboxId"])
    assert payload["accountId"] == cast.alice.account_id


def test_a_command_that_only_reads_takes_no_turn(api: Api, cast: Cast) -> None:
    """Its run waits in another queue than those that change the home."""
    queues = {}
    for only_reads in (True, False):
        wish = {"command": "ls", "readOnly": only_reads}
        run_id = api.post(cast.alice, PATH, wish).json()["sandboxes"][0]["runId"]
        with api.database.read() as connection:
            run = queries.find_run(connection, run_id)
        assert run is not None
        queues[only_reads] = run.queue
        assert payload_of(api, run_id)["readOnly"] is only_reads

    assert queues[True] == "sandbox-readers"
    assert queues[False] != "sandbox-readers"


def test_without_a_command_there_is_only_the_sandbox(api: Api, cast: Cast) -> None:
    """It is made once, and is the same at the next call."""
    first = api.post(cast.alice, PATH, {}).json()["sandboxes"][0]
    second = api.post(cast.alice, PATH, {}).json()["sandboxes"][0]

    assert first == second
    assert "runId" not in first


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"command": ""}, "command"),
        ({"command": "echo 'open"}, "command"),
        ({"command": "a\0b", "shell": True}, "command"),
        ({"command": "ls", "cwd": "a\0"}, "cwd"),
        ({"command": "ls", "env": {"1": "x"}}, "env"),
        ({"command": "ls", "timeout": 0}, "timeout"),
        ({"command": "ls", "timeout": 10**9}, "timeout"),
        ({"prompt": "write me a song"}, "prompt"),
        ({"command": "ls", "account_id": "me"}, "account_id"),
    ],
)
def test_what_can_not_run_is_refused_at_once(
    api: Api, cast: Cast, wish: dict[str, object], field: str
) -> None:
    """400 with the field, and no run is opened."""
    assert refused_field(api.post(cast.alice, PATH, wish)) == (400, field)


def test_setup_is_told_what_to_begin_with(api: Api, cast: Cast) -> None:
    """Files, an archive and a repository; the one that the sandbox was given, if none is named."""
    wish = {"files": ["file_1"], "archive_url": "https://example.com/a.zip"}
    api.ask("PATCH", cast.alice, PATH, json={"github_repo": "https://example.com/o/given.git"})
    given = payload_of(api, api.post(cast.alice, f"{PATH}/setup", wish).json()["runId"])
    wish["git_url"] = "https://example.com/o/named.git"
    named = payload_of(api, api.post(cast.alice, f"{PATH}/setup", wish).json()["runId"])

    assert given["files"] == ["file_1"]
    assert given["archiveUrl"] == "https://example.com/a.zip"
    assert given["gitUrl"] == "https://example.com/o/given.git"
    assert named["gitUrl"] == "https://example.com/o/named.git"


@pytest.mark.parametrize("url", ["file:///etc", "ssh://git@host/a", "ext::sh -c id", ""])
def test_setup_takes_web_addresses_only(api: Api, cast: Cast, url: str) -> None:
    """400 with the field, and no run is opened."""
    answer = api.post(cast.alice, f"{PATH}/setup", {"git_url": url})

    assert refused_field(answer) == (400, "git_url")


@pytest.mark.parametrize("url", ["https://user:token@example.com/a", "https://example.com:22/a"])
@pytest.mark.parametrize(
    ("method", "path", "field"),
    [
        ("POST", "/setup", "git_url"),
        ("POST", "/setup", "archive_url"),
        ("PATCH", "", "github_repo"),
        ("POST", "/files", "files"),
    ],
)
def test_urls_that_would_not_be_fetched_are_not_written_down(
    api: Api, cast: Cast, method: str, path: str, field: str, url: str
) -> None:
    """A password in one reaches neither the answer nor the database."""
    body = {"files": [{"url": url, "name": "a"}]} if field == "files" else {field: url}
    answer = api.ask(method, cast.alice, PATH + path, json=body)

    assert refused_field(answer) == (400, field)
    assert "token" not in answer.text
    assert api.get(cast.alice, "/api/tasks/runs").json()["runs"] == []
    assert api.get(cast.alice, PATH).json()["github_repo"] is None


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_credentials_come_first(api: Api, method: str) -> None:
    """Without them nothing else is looked at."""
    assert refusal(api.ask(method, None, PATH))[0] == 401


@pytest.mark.parametrize("path", ["", "/snapshots", "/file"])
def test_a_strangers_sandbox_is_out_of_reach(api: Api, cast: Cast, path: str) -> None:
    """Charlie may not look at Alice's, by whichever door."""
    query = {"account_id": cast.alice.account_id, "path": "x"}

    assert refusal(api.get(cast.charlie, PATH + path, params=query))[0] == 403


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "", {"command": "ls"}),
        ("PATCH", "", {"github_repo": "https://example.com/r"}),
        ("DELETE", "", {}),
        ("POST", "/setup", {}),
        ("POST", "/files", {"files": [{"url": "file_1", "name": "a"}]}),
    ],
)
def test_a_strangers_sandbox_is_not_worked_in(
    api: Api, cast: Cast, method: str, path: str, body: dict[str, object]
) -> None:
    """Nor may a member of a label work in its admin's."""
    body = {**body, "account_id": cast.alice.account_id}

    assert refusal(api.ask(method, cast.bob, PATH + path, json=body))[0] == 403


def test_an_admin_works_in_a_members_sandbox(api: Api, cast: Cast) -> None:
    """The run belongs to the member."""
    wish = {"command": "ls", "account_id": cast.bob.account_id}
    item = api.post(cast.alice, PATH, wish).json()["sandboxes"][0]

    assert payload_of(api, item["runId"])["accountId"] == cast.bob.account_id


def test_a_home_is_shown_as_a_tree(
    api: Api, cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    """With the snapshot's id, and types and sizes as git's trees have them."""
    snapshot_id = keep_home(api, settings, cast.alice, tmp_path)
    shown = api.get(cast.alice, PATH).json()
    folder, file = shown["filetree"]

    assert shown["snapshot_id"] == snapshot_id
    assert (folder["path"], folder["type"], "size" in folder) == ("notes", "tree", False)
    assert (file["path"], file["type"], file["size"]) == ("notes/song.txt", "blob", 12)


def test_an_account_without_a_sandbox_has_an_empty_list(api: Api, cast: Cast) -> None:
    """Looking makes nothing."""
    assert api.get(cast.charlie, PATH).json() == {
        "status": "success",
        "sandboxes": [],
        "snapshot_id": None,
        "github_repo": None,
        "filetree": None,
    }


def test_another_accounts_snapshot_is_unknown(
    api: Api, cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    """404, as for one that does not exist."""
    hers = keep_home(api, settings, cast.alice, tmp_path)
    answers = [
        refusal(api.ask("PATCH", cast.charlie, PATH, json={"snapshotId": wish}))[0]
        for wish in (hers, "snap_nothing")
    ]

    assert answers == [404, 404]


def test_a_repository_is_kept_and_shown(
    api: Api, cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    """PATCH answers with the bare row, as Recoup's clients read it."""
    snapshot_id = keep_home(api, settings, cast.alice, tmp_path)
    row = api.ask("PATCH", cast.alice, PATH, json={"github_repo": "https://example.com/r"}).json()

    assert row["snapshot_id"] == snapshot_id
    assert row["github_repo"] == "https://example.com/r"
    assert row["account_id"] == cast.alice.account_id


def test_emptying_forgets_the_snapshots(
    api: Api, cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    """The row that went is told once; afterwards there is none."""
    snapshot_id = keep_home(api, settings, cast.alice, tmp_path)
    api.ask("PATCH", cast.alice, PATH, json={"github_repo": "https://example.com/r"})
    first = api.ask("DELETE", cast.alice, PATH).json()
    second = api.ask("DELETE", cast.alice, PATH).json()

    assert first["deleted_snapshot"]["snapshot_id"] == snapshot_id
    assert first["deleted_snapshot"]["github_repo"] == "https://example.com/r"
    assert second["deleted_snapshot"] is None
    assert api.get(cast.alice, PATH).json()["github_repo"] is None
    assert api.get(cast.alice, f"{PATH}/snapshots").json()["snapshots"] == []


@pytest.mark.parametrize(
    ("path", "code"),
    [("nothing", 404), ("../notes", 404), ("/etc/passwd", 404), ("notes", 400), ("", 400)],
)
def test_only_files_of_the_home_are_read(
    api: Api, cast: Cast, settings: Settings, tmp_path: Path, path: str, code: int
) -> None:
    """A folder, a way out, or nothing at all is refused."""
    keep_home(api, settings, cast.alice, tmp_path)

    assert refusal(api.get(cast.alice, f"{PATH}/file", params={"path": path}))[0] == code


def test_setup_is_triggered_without_a_body(api: Api, cast: Cast) -> None:
    """The answer is the run's id."""
    answer = api.post(cast.alice, f"{PATH}/setup").json()

    assert payload_of(api, answer["runId"])["accountId"] == cast.alice.account_id
