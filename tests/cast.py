"""The cast of the tests: Alice owns the label, Bob works there, Charlie is a stranger.

::

    Neon Tape (label)    admin Alice, member Bob     its artist: Vega
    Alice's own artist: Lyra      Bob's own artist: Orion      Charlie: nobody
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from backline import accounts
from backline.db import Database
from backline.settings import Settings, read_settings


class Player(msgspec.Struct, frozen=True):
    """An account of the cast and a key that acts for it."""

    account_id: str
    api_key: str


class Cast(msgspec.Struct, frozen=True, kw_only=True):
    """Everyone who appears in the tests."""

    alice: Player
    bob: Player
    charlie: Player
    label: Player
    vega: Player
    lyra: Player
    orion: Player
    operator: Player


def settings_in(folder: Path, **chosen: Any) -> Settings:
    """Return the settings of a fresh data directory; nothing is read from the environment."""
    return read_settings({}, data_dir=folder, **chosen)


def enter_cast(database: Database, settings: Settings) -> Cast:
    """Write the whole cast into an empty database."""
    with database.write() as connection:

        def player(account_id: str, environment: str | None = None) -> Player:
            key, _ = accounts.issue_key(
                connection, settings.secret, account_id, name="stage door", environment=environment
            )
            return Player(account_id, key)

        def person(name: str) -> Player:
            email = f"{name.lower()}@example.com"
            return player(
                accounts.add_account(connection, kind="person", name=name, email=email).id
            )

        def artist(name: str, owner: Player) -> Player:
            signed = accounts.add_artist(connection, name=name, owner_id=owner.account_id)
            return player(signed.id)

        alice, bob, charlie = person("Alice"), person("Bob"), person("Charlie")
        label_id = accounts.add_organization(
            connection, name="Neon Tape", admin_id=alice.account_id
        ).id
        label = player(label_id)
        accounts.set_member(connection, label_id, bob.account_id, "member")
        return Cast(
            alice=alice,
            bob=bob,
            charlie=charlie,
            label=label,
            vega=artist("Vega", label),
            lyra=artist("Lyra", alice),
            orion=artist("Orion", bob),
            operator=player(person("Olga").account_id, environment=settings.environment),
        )
