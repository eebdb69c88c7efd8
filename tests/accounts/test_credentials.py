"""Two headers in, a caller out: every way in which a credential can be wrong says the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from backline import accounts
from backline.accounts import Gatekeeper
from backline.accounts.credentials import EXACTLY_ONE, NOT_A_BEARER, UNKNOWN
from backline.db import Database
from backline.errors import Conflict, NotAuthenticated
from backline.settings import Settings
from tests.accounts.issuer import AUDIENCE, ISSUER, PUBLISHED, token
from tests.cast import Cast, settings_in


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path, jwt_issuer=ISSUER, jwt_audience=AUDIENCE, jwt_jwks=PUBLISHED)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_key_works_in_either_header(
    database: Database, settings: Settings, cast: Cast, scheme: str
) -> None:
    """The key is the same caller, however it is sent; the scheme has no case."""
    gate = Gatekeeper(settings)
    by_key = gate.identify(database, cast.alice.api_key, None)
    by_bearer = gate.identify(database, None, f"{scheme} {cast.alice.api_key}")
    assert by_key == by_bearer
    assert (by_key.account_id, by_key.kind) == (cast.alice.account_id, "person")
    assert not by_key.is_operator


@pytest.mark.parametrize(("player", "kind"), [("label", "organization"), ("vega", "artist")])
def test_organizations_and_artists_hold_keys_too(
    database: Database, settings: Settings, cast: Cast, player: str, kind: str
) -> None:
    """A key acts as whoever it belongs to."""
    caller = Gatekeeper(settings).identify(database, getattr(cast, player).api_key, None)
    assert (caller.account_id, caller.kind) == (getattr(cast, player).account_id, kind)


def test_a_secret_key_is_an_operators(database: Database, settings: Settings, cast: Cast) -> None:
    """The environment's secret key sees everything, and knows its environment."""
    caller = Gatekeeper(settings).identify(database, None, f"Bearer {cast.operator.api_key}")
    assert caller.is_operator
    assert caller.environment == "dev"


@pytest.mark.parametrize(
    ("x_api_key", "authorization"),
    [
        (None, None),
        ("", ""),
        ("  ", None),
        (None, "Bearer "),
        (None, "Bearer"),
        ("KEY", "Bearer KEY"),
    ],
)
def test_neither_and_both_are_refused_alike(
    database: Database, settings: Settings, cast: Cast, x_api_key: str, authorization: str
) -> None:
    """Exactly one credential must be given, even if both are good; empty counts as absent."""
    headers = [
        value and value.replace("KEY", cast.bob.api_key) for value in (x_api_key, authorization)
    ]
    with pytest.raises(NotAuthenticated) as refused:
        Gatekeeper(settings).identify(database, *headers)
    assert str(refused.value) == EXACTLY_ONE


def test_an_empty_header_beside_a_good_one_is_absent(
    database: Database, settings: Settings, cast: Cast
) -> None:
    """Clients that always send both headers, one of them empty, are served."""
    gate = Gatekeeper(settings)
    assert gate.identify(database, cast.bob.api_key, "").account_id == cast.bob.account_id
    assert (
        gate.identify(database, "", f"Bearer {cast.bob.api_key}").account_id == cast.bob.account_id
    )


@pytest.mark.parametrize("authorization", ["Basic YTpi", "Token abc", "bl_sk_naked"])
def test_other_schemes_are_refused(
    database: Database, settings: Settings, authorization: str
) -> None:
    """The message says which form is taken."""
    with pytest.raises(NotAuthenticated) as refused:
        Gatekeeper(settings).identify(database, None, authorization)
    assert str(refused.value) == NOT_A_BEARER


@pytest.mark.parametrize(
    ("x_api_key", "authorization"),
    [
        ("bl_sk_" + "x" * 43, None),
        ("tr_dev_" + "x" * 24, None),
        ("whatever", None),
        (None, "Bearer bl_sk_" + "x" * 43),
        (None, "Bearer tr_prod_" + "x" * 24),
        (None, "Bearer not.a.token"),
        (None, "Bearer " + token(exp=1)),
        (None, "Bearer " + token(sub="nobody")),
        (None, "Bearer " + token(sub="nobody", email="no@example.com", email_verified=True)),
    ],
)
def test_every_wrong_credential_gets_the_same_answer(
    database: Database, settings: Settings, cast: Cast, x_api_key: str, authorization: str
) -> None:
    """Unknown, malformed, expired, without account: the text does not tell them apart."""
    with pytest.raises(NotAuthenticated) as refused:
        Gatekeeper(settings).identify(database, x_api_key, authorization)
    assert str(refused.value) == UNKNOWN


def test_expired_and_revoked_keys_get_that_answer_too(
    database: Database, settings: Settings, cast: Cast
) -> None:
    """A key that once worked is as unknown as one that never did."""
    with database.write() as connection:
        for key in accounts.keys_of(connection, cast.bob.account_id):
            accounts.revoke_key(connection, key.id)
    with pytest.raises(NotAuthenticated) as refused:
        Gatekeeper(settings).identify(database, cast.bob.api_key, None)
    assert str(refused.value) == UNKNOWN


def test_a_login_is_found_by_its_verified_address(
    database: Database, settings: Settings, cast: Cast
) -> None:
    """Alice logs in at the issuer and is herself here."""
    bearer = token(sub="auth|1", email="ALICE@example.com", email_verified=True)
    caller = Gatekeeper(settings).identify(database, None, f"Bearer {bearer}")
    assert (caller.account_id, caller.key_id) == (cast.alice.account_id, None)


def test_a_login_is_found_by_its_subject_first(
    database: Database, settings: Settings, cast: Cast
) -> None:
    """Bob's login is tied to his account: whatever address the token holds, he is Bob."""
    with database.write() as connection:
        accounts.add_identity(connection, cast.bob.account_id, issuer=ISSUER, subject="auth|bob")
    bearer = token(sub="auth|bob", email="alice@example.com", email_verified=True)
    caller = Gatekeeper(settings).identify(database, None, f"Bearer {bearer}")
    assert caller.account_id == cast.bob.account_id


def test_an_address_that_changed_hands_opens_nothing(
    database: Database, settings: Settings, cast: Cast
) -> None:
    """Alice's account is tied to her login; another login with her address is a stranger."""
    with database.write() as connection:
        accounts.add_identity(
            connection, cast.alice.account_id, issuer=ISSUER, subject="auth|alice"
        )
    bearer = token(sub="auth|new", email="alice@example.com", email_verified=True)
    with pytest.raises(NotAuthenticated):
        Gatekeeper(settings).identify(database, None, f"Bearer {bearer}")


def test_a_login_without_address_is_not_an_account_without_address(
    database: Database, settings: Settings, cast: Cast
) -> None:
    """The label and its artist have no address; a login without one is not theirs."""
    with pytest.raises(NotAuthenticated):
        Gatekeeper(settings).identify(database, None, f"Bearer {token(sub='auth|x')}")


def test_a_login_belongs_to_one_account(database: Database, cast: Cast) -> None:
    """Tying a login again is fine for its owner and a conflict for anyone else."""
    login = {"issuer": ISSUER, "subject": "auth|1"}
    with database.write() as connection:
        accounts.add_identity(connection, cast.alice.account_id, **login)
        accounts.add_identity(connection, cast.alice.account_id, **login)
        with pytest.raises(Conflict, match=r"auth\|1"):
            accounts.add_identity(connection, cast.bob.account_id, **login)


def test_a_used_key_is_noted_once(database: Database, settings: Settings, cast: Cast) -> None:
    """The first request asks for a note of use; after it, the next minute asks for none."""
    gate = Gatekeeper(settings)
    first = gate.identify(database, cast.bob.api_key, None)
    assert first.is_touch_due
    assert first.key_id is not None
    with database.write() as connection:
        accounts.touch_key(connection, first.key_id)
    assert not gate.identify(database, cast.bob.api_key, None).is_touch_due
