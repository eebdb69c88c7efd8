"""Accounts, organizations and artists: what may be made, and what is refused."""

from __future__ import annotations

import pytest

from backline import accounts
from backline.accounts import Account
from backline.accounts.account import clean_email, clean_name
from backline.db import Connection, Database
from backline.errors import Conflict, InvalidInput, NotFound

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  Neon   Tape ", "Neon Tape"),
        ("Sigur\tRós\n", "Sigur Rós"),
        ("宇多田ヒカル", "宇多田ヒカル"),
        ("x" * 200, "x" * 200),
    ],
)
def test_names_are_trimmed_and_kept_in_any_script(given: str, kept: str) -> None:
    """White space shrinks to single blanks, letters stay as they are."""
    assert clean_name(given) == kept


@pytest.mark.parametrize("name", ["", "  \n ", "x" * 201, "bell\x07", "rev\u202egpj"])
def test_unusable_names_are_refused(name: str) -> None:
    """Empty, endless and invisible names are refused, naming the field."""
    with pytest.raises(InvalidInput) as refused:
        clean_name(name)
    assert refused.value.field == "name"


@pytest.mark.parametrize("email", ["", "ann", "@example.com", "ann@", "ann@host", "a b@c.de"])
def test_what_is_no_email_address_is_refused(email: str) -> None:
    """The message shows the value and what would work."""
    with pytest.raises(InvalidInput, match=r"ann@example\.com"):
        clean_email(email)


def test_an_address_belongs_to_one_account(database: Database) -> None:
    """However it is written, an address is taken once."""
    with database.write() as connection:
        ann = accounts.add_account(connection, kind="person", name="Ann", email=" Ann@Example.com")
        assert ann.email == "ann@example.com"
        with pytest.raises(Conflict, match=r"ann@example\.com"):
            accounts.add_account(
                connection, kind="person", name="Impostor", email="ANN@example.com"
            )


def test_an_account_is_found_by_its_id_in_any_case(database: Database) -> None:
    """UUIDs are found in upper case too, and what is no UUID is simply unknown."""
    with database.write() as connection:
        ann = accounts.add_account(connection, kind="person", name="Ann")
        assert accounts.find_account(connection, ann.id.upper()) == ann
        assert accounts.find_account(connection, "ann") is None
        assert accounts.find_account(connection, NOBODY) is None


def test_an_organization_begins_with_its_admin(database: Database) -> None:
    """Whoever founds a label belongs to it."""
    with database.write() as connection:
        ann = accounts.add_account(connection, kind="person", name="Ann")
        label = accounts.add_organization(connection, name="Neon Tape", admin_id=ann.id)
        assert accounts.organizations_of(connection, ann.id) == [label]


def test_saying_a_membership_again_changes_only_the_role(database: Database) -> None:
    """A second time makes no second row; a promotion sticks."""
    with database.write() as connection:
        label, bob = _label_and_bob(connection)
        for role in ("member", "member", "admin"):
            made = accounts.set_member(connection, label.id, bob.id, role)
        assert made.role == "admin"
        assert accounts.organizations_of(connection, bob.id) == [label]


def test_only_persons_belong_to_organizations(database: Database) -> None:
    """A label can not be a member of a label, nor a person be joined."""
    with database.write() as connection:
        label, bob = _label_and_bob(connection)
        with pytest.raises(InvalidInput, match="organization; give one of kind person"):
            accounts.set_member(connection, label.id, label.id, "member")
        with pytest.raises(InvalidInput, match="person; give one of kind organization"):
            accounts.set_member(connection, bob.id, bob.id, "member")


def test_an_unknown_role_is_refused(database: Database) -> None:
    """The message says which roles there are."""
    with database.write() as connection:
        label, bob = _label_and_bob(connection)
        with pytest.raises(InvalidInput, match="'boss' is no role: use member or admin"):
            accounts.set_member(connection, label.id, bob.id, "boss")


@pytest.mark.parametrize("unknown", [NOBODY, "label", ""])
def test_unknown_ids_are_named(database: Database, unknown: str) -> None:
    """Whatever is wrong with an id, the message shows it."""
    with database.write() as connection, pytest.raises(NotFound, match=f"'{unknown}'"):
        accounts.add_organization(connection, name="Ghosts", admin_id=unknown)


def test_an_artist_may_have_two_owners(database: Database) -> None:
    """Bob's artist signs with the label too, and saying so twice changes nothing."""
    with database.write() as connection:
        label, bob = _label_and_bob(connection)
        artist = accounts.add_artist(connection, name="Orion", owner_id=bob.id)
        accounts.own_artist(connection, label.id, artist.id)
        accounts.own_artist(connection, label.id, artist.id)
        assert accounts.artists_of(connection, label.id) == [artist]
        assert accounts.artists_of(connection, bob.id) == [artist]


def test_an_artist_owns_no_artists(database: Database) -> None:
    """Artists are signed to persons and organizations."""
    with database.write() as connection:
        _, bob = _label_and_bob(connection)
        artist = accounts.add_artist(connection, name="Orion", owner_id=bob.id)
        with pytest.raises(InvalidInput, match="artist; give one of kind person or organization"):
            accounts.add_artist(connection, name="Tribute", owner_id=artist.id)


def _label_and_bob(connection: Connection) -> tuple[Account, Account]:
    ann = accounts.add_account(connection, kind="person", name="Ann")
    bob = accounts.add_account(connection, kind="person", name="Bob")
    return accounts.add_organization(connection, name="Neon Tape", admin_id=ann.id), bob
