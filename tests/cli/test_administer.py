"""Administration: accounts, organizations, artists and keys, straight into the database."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backline.cli.app import run

Ask = Callable[..., Any]
STRANGER = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run a command on a data directory of the test's own, and read its JSON."""

    def ask(*words: str) -> Any:
        assert run([*words, "--json", "--data", str(tmp_path / "data")]) == 0
        return json.loads(capsys.readouterr().out)

    return ask


@pytest.fixture
def refuse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run a command that is refused, and return the sentence it is refused with."""

    def refuse(*words: str) -> str:
        assert run([*words, "--data", str(tmp_path / "data")]) == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert err.count("\n") == 1
        return err

    return refuse


def test_a_label_is_set_up_from_the_terminal(ask: Ask) -> None:
    """Account, organization, member and artist: each command's ids feed the next one."""
    ann = ask("accounts", "create", "Ann", "--email", "ann@example.com")
    ben = ask("accounts", "create", "Ben")
    label = ask("orgs", "create", "Night Label", "--admin", ann["account_id"])
    added = ask("orgs", "add", label["organization_id"], ben["account_id"], "--role", "admin")
    artist = ask("artists", "create", "The Drivers", "--account", label["organization_id"])
    assert set(ann) == {"account_id", "api_key"}
    assert added["role"] == "admin"
    assert set(artist) == {"artist_account_id"}


def test_a_key_is_made_listed_and_revoked(ask: Ask) -> None:
    """The key itself is shown once; the list shows its beginning and when it was closed."""
    ann = ask("accounts", "create", "Ann")
    made = ask("keys", "create", ann["account_id"], "--name", "bot", "--expires", "2999-01-31")
    listed = {key["id"]: key for key in ask("keys", "list", ann["account_id"])}
    assert made["api_key"].startswith(listed[made["key_id"]]["prefix"])
    assert made["api_key"] not in json.dumps(listed)
    assert ask("keys", "revoke", made["key_id"])["revoked_at"] is not None


def test_people_get_words_instead_of_json(
    tmp_path: Path, ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without --json every command says what it did, in words and tables."""
    ann = ask("accounts", "create", "Ann")["account_id"]
    data = ["--data", str(tmp_path / "data")]
    for words, told in (
        (["accounts", "create", "Ben"], "not shown again"),
        (["orgs", "create", "Label", "--admin", ann], "organization "),
        (["artists", "create", "[bold]Driver", "--account", ann], "artist "),
        (["keys", "create", ann, "--name", "[red]bot"], "not shown again"),
        (["keys", "list", ann], "[red]bot"),
    ):
        assert run([*words, *data]) == 0
        assert told in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["orgs", "create", "Label", "--admin", STRANGER],
        ["orgs", "add", STRANGER, STRANGER],
        ["artists", "create", "Driver", "--account", STRANGER],
        ["keys", "create", STRANGER],
        ["keys", "list", STRANGER],
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_a_stranger_is_named(refuse: Ask, words: list[str]) -> None:
    """An id that nobody has is refused by name."""
    assert STRANGER in refuse(*words)


def test_an_empty_name_is_refused(refuse: Ask) -> None:
    """A name of blanks is no name."""
    assert "name" in refuse("accounts", "create", "  ")


def test_a_wrong_database_is_told_by_its_setting(
    refuse: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that backline does not run on is refused with the setting's name."""
    monkeypatch.setenv("BACKLINE_DATABASE_URL", "mysql://localhost/x")
    assert "BACKLINE_DATABASE_URL" in refuse("accounts", "create", "Ann")


def test_a_database_that_does_not_answer_is_named(
    refuse: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address is told, its password is not."""
    monkeypatch.setenv("BACKLINE_DATABASE_URL", "postgresql://ann:hush@127.0.0.1:1/ledger")
    told = refuse("accounts", "create", "Ann")
    assert "127.0.0.1:1/ledger can not be used" in told
    assert "hush" not in told


def test_a_file_that_is_no_database_is_named(
    refuse: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something else under the database's name is left as it is, and told by its path."""
    (tmp_path / "notes.db").write_text("buy milk, " * 100)
    monkeypatch.setenv("BACKLINE_DATABASE_URL", f"sqlite:///{tmp_path}/notes.db")
    assert "notes.db can not be used as a database" in refuse("accounts", "create", "Ann")
    assert (tmp_path / "notes.db").read_text().startswith("buy milk")
