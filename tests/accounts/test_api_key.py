"""Keys: what they look like, what is kept of them, and when they stop working."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from backline import accounts
from backline.accounts import api_key, tables
from backline.accounts.api_key import find_key_holder
from backline.clock import now_ms
from backline.db import Database
from backline.errors import InvalidInput, NotFound

SECRET = b"a secret of the server"


@pytest.fixture
def person_id(database: Database) -> str:
    with database.write() as connection:
        return accounts.add_account(connection, kind="person", name="Ann").id


@pytest.mark.parametrize(
    ("environment", "shape"),
    [
        (None, r"bl_sk_[A-Za-z0-9_-]{43}"),
        ("dev", r"tr_dev_[A-Za-z0-9]{24}"),
        ("prod", r"tr_prod_[A-Za-z0-9]{24}"),
    ],
)
def test_a_key_has_the_shape_of_its_kind(
    database: Database, person_id: str, environment: str | None, shape: str
) -> None:
    """Clients and secret scanners know keys by their shape."""
    with database.write() as connection:
        text, key = accounts.issue_key(
            connection, SECRET, person_id, name="ci", environment=environment
        )
    assert re.fullmatch(shape, text)
    assert accounts.looks_like_key(text)
    assert text.startswith(key.prefix)
    assert len(key.prefix) == text.index("_", 3) + 1 + 6


def test_neither_table_nor_list_holds_the_key(database: Database, person_id: str) -> None:
    """Whoever reads the table, or the list, learns no key."""
    with database.write() as connection:
        text, key = accounts.issue_key(connection, SECRET, person_id, name="ci")
        row = connection.execute(sa.select(tables.api_keys)).one()
        assert accounts.keys_of(connection, person_id) == [key]
    assert text not in repr(row)
    assert text not in repr(key)
    assert row.key_hash not in repr(key)
    assert len(row.key_hash) == 64


def test_a_key_speaks_for_its_account(database: Database, person_id: str) -> None:
    """A good key leads to its account."""
    with database.write() as connection:
        text, key = accounts.issue_key(connection, SECRET, person_id, name="ci")
        holder = find_key_holder(connection, SECRET, text)
    assert holder is not None
    assert (holder.key_id, holder.account_id, holder.kind) == (key.id, person_id, "person")


def test_another_server_secret_closes_every_key(database: Database, person_id: str) -> None:
    """The fingerprint is made with the secret: changing it makes all keys unknown."""
    with database.write() as connection:
        text, _ = accounts.issue_key(connection, SECRET, person_id, name="ci")
        assert find_key_holder(connection, b"another secret", text) is None


@pytest.mark.parametrize("wrong", ["", "bl_sk_", "bl_sk_" + "x" * 43, "é\udcff\x00"])
def test_an_unknown_key_opens_nothing(database: Database, person_id: str, wrong: str) -> None:
    """Made-up keys, of whatever characters, are unknown."""
    with database.write() as connection:
        accounts.issue_key(connection, SECRET, person_id, name="ci")
        assert find_key_holder(connection, SECRET, wrong) is None


def test_a_key_ends_at_its_expiry(
    database: Database, person_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the very millisecond of its expiry a key is as good as unknown."""
    expiry = now_ms() + 60_000
    with database.write() as connection:
        text, _ = accounts.issue_key(connection, SECRET, person_id, name="short", expires_at=expiry)
        monkeypatch.setattr(api_key, "now_ms", lambda: expiry - 1)
        assert find_key_holder(connection, SECRET, text)
        monkeypatch.setattr(api_key, "now_ms", lambda: expiry)
        assert find_key_holder(connection, SECRET, text) is None


def test_a_key_can_not_be_born_expired(database: Database, person_id: str) -> None:
    """An expiry in the past is a mistake, and said so."""
    with database.write() as connection, pytest.raises(InvalidInput, match="past"):
        accounts.issue_key(connection, SECRET, person_id, name="late", expires_at=now_ms() - 1)


def test_a_revoked_key_is_closed_for_good(database: Database, person_id: str) -> None:
    """Revoking works at once, and a second time changes nothing."""
    with database.write() as connection:
        text, key = accounts.issue_key(connection, SECRET, person_id, name="ci")
        first = accounts.revoke_key(connection, key.id)
        assert find_key_holder(connection, SECRET, text) is None
        assert accounts.revoke_key(connection, key.id) == first


def test_revoking_an_unknown_key_says_where_to_look(database: Database) -> None:
    """The message names the id and the command that lists keys."""
    with database.write() as connection, pytest.raises(NotFound, match=r"'key_none'.*keys list"):
        accounts.revoke_key(connection, "key_none")


def test_use_is_noted_once_a_minute(
    database: Database, person_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many requests in a minute write the time of use once."""
    start = now_ms()
    with database.write() as connection:
        _, key = accounts.issue_key(connection, SECRET, person_id, name="ci")

        def last_use_after(milliseconds: int) -> int | None:
            monkeypatch.setattr(api_key, "now_ms", lambda: start + milliseconds)
            accounts.touch_key(connection, key.id)
            return accounts.keys_of(connection, person_id)[0].last_used_at

        assert key.last_used_at is None
        assert last_use_after(0) == start
        assert last_use_after(59_999) == start
        assert last_use_after(60_000) == start + 60_000


def test_newest_keys_are_listed_first(database: Database, person_id: str) -> None:
    """A list begins with the key that was made last, and holds nobody else's."""
    with database.write() as connection:
        other = accounts.add_account(connection, kind="person", name="Ben")
        accounts.issue_key(connection, SECRET, other.id, name="not hers")
        for name in ("one", "two", "three"):
            accounts.issue_key(connection, SECRET, person_id, name=name)
        assert [key.name for key in accounts.keys_of(connection, person_id)] == [
            "three",
            "two",
            "one",
        ]


def test_an_unknown_environment_is_refused(database: Database, person_id: str) -> None:
    """Secret keys are of dev or of prod."""
    with database.write() as connection, pytest.raises(InvalidInput, match="'staging'"):
        accounts.issue_key(connection, SECRET, person_id, name="x", environment="staging")
