"""Who may see what: rules over plain values, with the loader that fetches them.

::

    who asks                     sees the runs of
    ───────────────────────────  ─────────────────────────────────────────────
    any account                  itself, the artists it owns, the organizations
                                 it belongs to
    an organization's admin, or  also the organization's artists, its members
    the organization's own key   and the artists that they own
    an operator                  everyone

A member does not see another member, and an artist's key sees the artist
alone. Access runs from an organization to its members, never back: belonging
to an organization shows nobody's runs to the others.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import sqlalchemy as sa

from backline.accounts.organization import Membership
from backline.accounts.tables import artist_owners, memberships
from backline.db import Connection
from backline.ids import AccountId


class Ownership(msgspec.Struct, frozen=True):
    """An account's hold on an artist."""

    owner_id: AccountId
    artist_id: AccountId


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """The accounts within a caller's reach."""

    visible: frozenset[AccountId]
    """Whose runs and files the caller may see."""
    workable: frozenset[AccountId]
    """For whom the caller may trigger work: all visible ones, and every artist
    of the organizations that the caller belongs to."""
    everyone: bool = False
    """An operator's reach has no end."""


OPERATOR_REACH = Reach(visible=frozenset(), workable=frozenset(), everyone=True)


def may_see(reach: Reach, account_id: AccountId) -> bool:
    """Tell whether the runs and files of an account may be shown."""
    return reach.everyone or account_id in reach.visible


def may_work_for(reach: Reach, account_id: AccountId) -> bool:
    """Tell whether work may be triggered for an account, such as a video for an artist."""
    return reach.everyone or account_id in reach.workable


def draw_reach(
    account_id: AccountId, members: Iterable[Membership], ownerships: Iterable[Ownership]
) -> Reach:
    """Decide how far an account reaches, by the table at the top.

    ``members`` are all memberships of the organizations that the account is,
    or belongs to; ``ownerships`` at least those of everyone named there.
    """
    known = list(members)
    own = [m for m in known if m.account_id == account_id]
    belongs_to = {m.organization_id for m in own}
    managed = {m.organization_id for m in own if m.role == "admin"} | {account_id}
    managed_members = {m.account_id for m in known if m.organization_id in managed}
    artists_of = _artists_by_owner(ownerships)

    visible = {account_id} | belongs_to | managed_members
    for owner_id in {account_id} | managed | managed_members:
        visible |= artists_of.get(owner_id, set())
    workable = visible.union(*(artists_of.get(owner_id, set()) for owner_id in belongs_to))
    return Reach(visible=frozenset(visible), workable=frozenset(workable))


def load_reach(connection: Connection, account_id: AccountId) -> Reach:
    """Read how far an account reaches, in two statements."""
    members = _memberships_around(connection, account_id)
    owners = {account_id} | {m.organization_id for m in members} | {m.account_id for m in members}
    statement = sa.select(artist_owners.c.owner_id, artist_owners.c.artist_id)
    rows = connection.execute(statement.where(artist_owners.c.owner_id.in_(owners)))
    return draw_reach(account_id, members, [Ownership(*row) for row in rows])


def _memberships_around(connection: Connection, account_id: AccountId) -> list[Membership]:
    own = sa.select(memberships.c.organization_id).where(memberships.c.account_id == account_id)
    statement = sa.select(
        memberships.c.organization_id, memberships.c.account_id, memberships.c.role
    ).where(
        sa.or_(
            memberships.c.organization_id == account_id,
            memberships.c.organization_id.in_(own),
        )
    )
    return [Membership(**row._mapping) for row in connection.execute(statement)]


def _artists_by_owner(ownerships: Iterable[Ownership]) -> dict[AccountId, set[AccountId]]:
    artists: dict[AccountId, set[AccountId]] = {}
    for ownership in ownerships:
        artists.setdefault(ownership.owner_id, set()).add(ownership.artist_id)
    return artists
