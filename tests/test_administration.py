"""What an operator does from a terminal, each as one act."""

from __future__ import annotations

import msgspec
import pytest

from backline import administration
from backline.accounts import Gatekeeper, load_reach
from backline.db import Database
from backline.errors import InvalidInput, NotAuthenticated, NotFound
from backline.settings import Settings

NOBODY = "00000000-0000-4000-8000-000000000000"


def test_a_new_account_can_call_at_once(database: Database, settings: Settings) -> None:
    """The key that comes with an account works."""
    made = administration.create_account(database, settings, "Ann", "ann@example.com")
    caller = Gatekeeper(settings).identify(database, made["api_key"], None)
    assert caller.account_id == made["account_id"]


def test_a_refused_account_leaves_nothing_behind(database: Database, settings: Settings) -> None:
    """After a refusal the address is still free."""
    with pytest.raises(InvalidInput):
        administration.create_account(database, settings, " ", "ann@example.com")
    administration.create_account(database, settings, "Ann", "ann@example.com")


def test_a_label_is_built_step_by_step(database: Database, settings: Settings) -> None:
    """Organization, member and artist are made by ids alone, and reach follows."""
    ann = administration.create_account(database, settings, "Ann")["account_id"]
    bob = administration.create_account(database, settings, "Bob")["account_id"]
    label = administration.create_organization(database, "Neon Tape", ann)
    administration.add_member(database, label, bob)
    administration.add_member(database, label, bob)
    artist = administration.create_artist(database, "Vega", label)
    with database.read() as connection:
        assert load_reach(connection, ann).visible == {ann, label, bob, artist}
        assert load_reach(connection, bob).visible == {bob, label}


def test_unknown_ids_are_not_found(database: Database, settings: Settings) -> None:
    """Every act that takes an id says which one is unknown."""
    acts = [
        lambda: administration.create_organization(database, "Ghosts", NOBODY),
        lambda: administration.add_member(database, NOBODY, NOBODY),
        lambda: administration.create_artist(database, "Ghost", NOBODY),
        lambda: administration.create_key(database, settings, NOBODY, "key"),
        lambda: administration.list_keys(database, NOBODY),
        lambda: administration.link_login(database, NOBODY, "issuer", "subject"),
    ]
    for act in acts:
        with pytest.raises(NotFound, match=NOBODY):
            act()


def test_keys_are_made_listed_and_revoked(database: Database, settings: Settings) -> None:
    """A key's whole life, from a terminal."""
    ann = administration.create_account(database, settings, "Ann")["account_id"]
    text, key = administration.create_key(database, settings, ann, "laptop")
    assert [k.name for k in administration.list_keys(database, ann)] == ["laptop", "first key"]
    revoked = administration.revoke_key(database, key.id)
    assert revoked.revoked_at is not None
    with pytest.raises(NotAuthenticated):
        Gatekeeper(settings).identify(database, text, None)


def test_dev_credentials_are_made_once(database: Database, settings: Settings) -> None:
    """A second start of the same data directory finds the same account and keys."""
    first = administration.ensure_dev_account(database, settings)
    settings.credentials_path.write_bytes(
        msgspec.json.encode({"url": "http://127.0.0.1:1"} | dict(first))
    )
    assert administration.ensure_dev_account(database, settings) == first


def test_broken_dev_credentials_are_made_anew(database: Database, settings: Settings) -> None:
    """A file that is damaged, or of another database, is replaced by one that works."""
    foreign = b'{"account_id": "a", "api_key": "b", "secret_key": "c"}'
    gate = Gatekeeper(settings)
    for content in (b"", b"{}", b"\xff", foreign):
        settings.credentials_path.write_bytes(content)
        made = administration.ensure_dev_account(database, settings)
        assert gate.identify(database, made["api_key"], None).account_id == made["account_id"]
        assert gate.identify(database, made["secret_key"], None).is_operator
