"""An organization is a label, agency or team; people belong to it as members or admins."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec
import sqlalchemy as sa

from backline.accounts.account import Account, add_account, require_account
from backline.accounts.tables import accounts, memberships
from backline.clock import now_ms
from backline.db import Connection, insert_ignoring
from backline.errors import InvalidInput
from backline.ids import AccountId

Role = Literal["member", "admin"]


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """A person's place in an organization."""

    organization_id: AccountId
    account_id: AccountId
    role: Role


def add_organization(connection: Connection, *, name: str, admin_id: AccountId) -> Account:
    """Found an organization with its first admin.

    Raises ``NotFound`` when the admin does not exist, ``InvalidInput`` when it
    is no person.
    """
    admin = require_account(connection, admin_id, "person", field="admin")
    organization = add_account(connection, kind="organization", name=name)
    set_member(connection, organization.id, admin.id, "admin")
    return organization


def set_member(
    connection: Connection, organization_id: AccountId, account_id: AccountId, role: str
) -> Membership:
    """Make a person a member or admin; saying it again changes nothing but the role.

    Raises ``NotFound`` for unknown ids, ``InvalidInput`` for another role or
    when the ids are not those of an organization and a person.
    """
    if role not in get_args(Role):
        raise InvalidInput(f"{role!r} is no role: use member or admin", "role")
    organization = require_account(
        connection, organization_id, "organization", field="organization"
    )
    person = require_account(connection, account_id, "person", field="account")
    membership = Membership(
        organization_id=organization.id,
        account_id=person.id,
        role="admin" if role == "admin" else "member",
    )
    values = msgspec.structs.asdict(membership)
    if not insert_ignoring(connection, memberships, **values, created_at=now_ms()):
        _change_role(connection, membership)
    return membership


def organizations_of(connection: Connection, account_id: AccountId) -> list[Account]:
    """Return the organizations that an account belongs to, oldest membership first."""
    statement = (
        sa.select(accounts)
        .join(memberships, memberships.c.organization_id == accounts.c.id)
        .where(memberships.c.account_id == account_id)
        .order_by(memberships.c.created_at, accounts.c.id)
    )
    return [Account(**row._mapping) for row in connection.execute(statement)]


def _change_role(connection: Connection, membership: Membership) -> None:
    connection.execute(
        sa.update(memberships)
        .where(
            memberships.c.organization_id == membership.organization_id,
            memberships.c.account_id == membership.account_id,
        )
        .values(role=membership.role)
    )
