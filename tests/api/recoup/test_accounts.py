"""Accounts, organizations, artists: who the caller is, and whom it belongs to."""

from __future__ import annotations

import pytest

from tests.api.stage import Api, refusal, refused_field
from tests.cast import Cast

LISTS = ("/api/organizations", "/api/artists")


def test_it_says_who_the_caller_is(api: Api, cast: Cast) -> None:
    """What `whoami` shows."""
    answer = api.get(cast.bob, "/api/accounts/id")
    assert answer.json() == {"status": "success", "accountId": cast.bob.account_id}


def test_it_lists_the_callers_organizations(api: Api, cast: Cast) -> None:
    """Members and admins alike."""
    (found,) = api.get(cast.bob, "/api/organizations").json()["organizations"]
    assert found["organization_id"] == cast.label.account_id
    assert found["organization_name"] == "Neon Tape"
    assert api.get(cast.charlie, "/api/organizations").json()["organizations"] == []


def test_it_lists_the_callers_artists(api: Api, cast: Cast) -> None:
    """Those that it owns."""
    (found,) = api.get(cast.alice, "/api/artists").json()["artists"]
    assert found == {"account_id": cast.lyra.account_id, "id": cast.lyra.account_id, "name": "Lyra"}


def test_an_admin_may_ask_for_a_member(api: Api, cast: Cast) -> None:
    """Within reach, `account_id` chooses whose list it is."""
    answer = api.get(cast.alice, "/api/artists", params={"account_id": cast.bob.account_id})
    assert [artist["name"] for artist in answer.json()["artists"]] == ["Orion"]


@pytest.mark.parametrize("path", LISTS)
def test_an_account_out_of_reach_is_refused(api: Api, cast: Cast, path: str) -> None:
    """403, and a value that is no UUID is a 400."""
    params = {"account_id": cast.alice.account_id}
    assert refusal(api.get(cast.charlie, path, params=params))[0] == 403
    assert refused_field(api.get(cast.charlie, path, params={"account_id": "x"})) == (
        400,
        "account_id",
    )


@pytest.mark.parametrize("path", ["/api/accounts/id", *LISTS])
def test_strangers_and_other_methods_are_refused(api: Api, cast: Cast, path: str) -> None:
    """401 without credentials, 405 for what can not be done."""
    assert refusal(api.get(None, path))[0] == 401
    answer = api.post(cast.alice, path, {})
    assert (refusal(answer)[0], answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
