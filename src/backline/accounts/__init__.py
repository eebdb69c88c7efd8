"""Who is asking, whom they belong to, and how far they may see."""

from __future__ import annotations

from backline.accounts.access import (
    OPERATOR_REACH,
    Ownership,
    Reach,
    draw_reach,
    load_reach,
    may_see,
    may_work_for,
)
from backline.accounts.account import (
    Account,
    AccountKind,
    add_account,
    find_account,
    require_account,
)
from backline.accounts.api_key import (
    ApiKey,
    issue_key,
    keys_of,
    looks_like_key,
    revoke_key,
    touch_key,
)
from backline.accounts.artist import (
    add_artist,
    artists_of,
    own_artist,
)
from backline.accounts.credentials import (
    Caller,
    Gatekeeper,
)
from backline.accounts.identity import (
    add_identity,
)
from backline.accounts.organization import (
    Membership,
    Role,
    add_organization,
    organizations_of,
    set_member,
)
from backline.accounts.token import (
    Login,
)

__all__ = [
    "OPERATOR_REACH",
    "Account",
    "AccountKind",
    "ApiKey",
    "Caller",
    "Gatekeeper",
    "Login",
    "Membership",
    "Ownership",
    "Reach",
    "Role",
    "add_account",
    "add_artist",
    "add_identity",
    "add_organization",
    "artists_of",
    "draw_reach",
    "find_account",
    "issue_key",
    "keys_of",
    "load_reach",
    "looks_like_key",
    "may_see",
    "may_work_for",
    "organizations_of",
    "own_artist",
    "require_account",
    "revoke_key",
    "set_member",
    "touch_key",
]
