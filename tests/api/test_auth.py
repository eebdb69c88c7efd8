"""Who is calling: one credential, in one of two headers, judged the same everywhere."""

from __future__ import annotations

import time

import pytest

from backline import accounts
from backline.settings import Settings
from tests.api.stage import RUNS, Api, refusal
from tests.cast import Cast

UNKNOWN = "The credential is unknown, expired or revoked"


def ask(api: Api, **headers: str) -> tuple[int, str]:
    """Ask for runs with these headers alone; return the code and what was said."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = api.get(None, RUNS, headers=named)
    return (200, "") if answer.status_code == 200 else refusal(answer)


def test_a_key_opens_in_either_header(api: Api, cast: Cast) -> None:
    """As x-api-key, or as a bearer whose scheme has no case."""
    key = cast.alice.api_key
    for headers in (
        {"x_api_key": key},
        {"authorization": f"Bearer {key}"},
        {"authorization": f"bEARER {key}"},
    ):
        assert ask(api, **headers)[0] == 200


def test_an_empty_header_counts_as_absent(api: Api, cast: Cast) -> None:
    """Clients send unset variables."""
    assert ask(api, x_api_key=cast.alice.api_key, authorization="")[0] == 200
    code, text = ask(api, x_api_key=" ", authorization="")
    assert (code, "Exactly one" in text) == (401, True)


def test_two_credentials_are_one_too_many(api: Api, cast: Cast) -> None:
    """Even when both are good."""
    key = cast.alice.api_key
    code, text = ask(api, x_api_key=key, authorization=f"Bearer {key}")
    assert (code, "Exactly one" in text) == (401, True)


def test_a_header_that_comes_twice_is_refused(api: Api, cast: Cast) -> None:
    """Which of the two was meant is not for us to guess."""
    for good, other in ((cast.alice, cast.bob), (cast.alice, cast.alice)):
        pair = [("x-api-key", good.api_key), ("x-api-key", other.api_key)]
        assert refusal(api.client.get(RUNS, headers=pair)) == (401, UNKNOWN)


@pytest.mark.parametrize("key", ["x", "bl_sk_", "bl_sk_" + "A" * 43, "tr_dev_" + "a" * 24, "ключ"])
def test_every_wrong_key_sounds_the_same(api: Api, key: str) -> None:
    """Guessing teaches nothing."""
    answer = api.get(None, RUNS, headers={b"x-api-key": key.encode()})
    assert refusal(answer) == (401, UNKNOWN)


@pytest.mark.parametrize("token", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."])
def test_a_login_token_needs_an_issuer_that_is_trusted(api: Api, token: str) -> None:
    """None is configured here, so none is taken."""
    assert ask(api, authorization=f"Bearer {token}") == (401, UNKNOWN)


def test_a_refusal_names_the_scheme_to_use(api: Api) -> None:
    """As HTTP asks of every 401 (RFC 9110, section 11.6.1)."""
    assert api.get(None, RUNS).headers["www-authenticate"] == "Bearer"


def test_another_scheme_is_refused(api: Api) -> None:
    """The refusal says what to send."""
    code, text = ask(api, authorization="Basic YTpi")
    assert (code, "Bearer" in text) == (401, True)


def test_a_revoked_key_is_refused_at_once(api: Api, cast: Cast, settings: Settings) -> None:
    """No answer outlives the key."""
    with api.database.write() as connection:
        key, record = accounts.issue_key(
            connection, settings.secret, cast.alice.account_id, name="short"
        )
    assert ask(api, x_api_key=key)[0] == 200
    with api.database.write() as connection:
        accounts.revoke_key(connection, record.id)
    assert ask(api, x_api_key=key) == (401, UNKNOWN)


def test_the_use_of_a_key_is_noted(api: Api, cast: Cast) -> None:
    """Soon after the answer, so that owners see which keys are still needed."""
    assert ask(api, x_api_key=cast.bob.api_key)[0] == 200
    for _ in range(500):
        with api.database.read() as connection:
            (key,) = accounts.keys_of(connection, cast.bob.account_id)
        if key.last_used_at is not None:
            return
        time.sleep(0.01)
    pytest.fail("the use of the key was not noted within five seconds")
