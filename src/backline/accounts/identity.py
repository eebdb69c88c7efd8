"""An identity ties an account to a login at an outside issuer, by the issuer's name for it."""

from __future__ import annotations

import sqlalchemy as sa

from backline.accounts.account import Account, require_account
from backline.accounts.tables import accounts, identities
from backline.accounts.token import Login
from backline.db import Connection, insert_ignoring
from backline.errors import Conflict
from backline.ids import AccountId


def add_identity(
    connection: Connection, account_id: AccountId, *, issuer: str, subject: str
) -> None:
    """Let a login at ``issuer`` act for an account; saying it again changes nothing.

    Raises ``NotFound`` for an unknown account, ``Conflict`` when the login
    already belongs to another one.
    """
    account = require_account(connection, account_id)
    login = {"issuer": issuer, "subject": subject}
    if insert_ignoring(connection, identities, **login, account_id=account.id):
        return
    statement = sa.select(identities.c.account_id).filter_by(**login)
    if connection.execute(statement).scalar_one() != account.id:
        raise Conflict(f"The login {subject!r} already belongs to another account")


def find_login_account(connection: Connection, login: Login) -> Account | None:
    """Return the account of a login: the one tied to its subject, else the one with its e-mail.

    An account that is tied to another subject of the same issuer is not found
    by e-mail: an address that was handed on to someone else opens nothing.
    """
    by_subject = sa.exists().where(
        identities.c.account_id == accounts.c.id,
        identities.c.issuer == login.issuer,
        identities.c.subject == login.subject,
    )
    is_tied = sa.exists().where(
        identities.c.account_id == accounts.c.id, identities.c.issuer == login.issuer
    )
    # Compared with None, SQL would find every account that has no address.
    by_email = sa.false() if login.email is None else accounts.c.email == login.email
    statement = sa.select(accounts).where(sa.or_(by_subject, sa.and_(by_email, ~is_tied)))
    rows = connection.execute(statement.order_by(by_subject.desc()).limit(1))
    row = rows.one_or_none()
    return None if row is None else Account(**row._mapping)
