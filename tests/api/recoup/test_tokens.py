"""Tokens: made by an account, completed by those who see it or by a signed URL."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlsplit

import pytest

from backline.api.token_links import callback_url
from backline.clock import now_ms, parse_iso
from backline.runs import waiting
from backline.settings import Settings
from tests.api.stage import Api, refusal, refused_field
from tests.cast import Cast, Player

TOKENS = "/api/tokens"


def create(api: Api, caller: Player, **order: Any) -> dict[str, Any]:
    answer = api.post(caller, TOKENS, order)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def shown(api: Api, caller: Player, token_id: str) -> dict[str, Any]:
    token: dict[str, Any] = api.get(caller, f"{TOKENS}/{token_id}").json()["token"]
    return token


def callback(created: dict[str, Any]) -> str:
    """Return path and query of the URL that completes a token."""
    parts = urlsplit(created["url"])
    assert (parts.scheme, parts.netloc) == ("http", "api.test")
    return f"{parts.path}?{parts.query}"


def test_a_token_waits_to_be_completed(api: Api, cast: Cast) -> None:
    """201 with an id and a URL; it is shown as it was ordered."""
    created = create(api, cast.alice, timeout="1h", tags=["tour"], idempotencyKey="k")
    assert set(created) == {"status", "id", "url"}
    token = shown(api, cast.alice, created["id"])
    assert (token["id"], token["url"], token["status"]) == (
        created["id"],
        created["url"],
        "WAITING",
    )
    assert 0 < parse_iso(token["timeoutAt"]) - now_ms() <= 3_600_000
    assert (token["tags"], token["idempotencyKey"]) == (["tour"], "k")
    assert (token["completedAt"], token["output"]) == (None, None)


def test_an_order_may_be_empty(api: Api, cast: Cast) -> None:
    """Such a token waits for ever."""
    assert shown(api, cast.alice, create(api, cast.alice)["id"])["timeoutAt"] is None


def test_the_same_key_answers_with_the_same_token(api: Api, cast: Cast) -> None:
    """Of one account; another's key of that name is another key."""
    first, second = (create(api, cast.alice, idempotencyKey="twice") for _ in range(2))
    assert first == second
    assert create(api, cast.charlie, idempotencyKey="twice")["id"] != first["id"]


def test_the_first_completion_counts(api: Api, cast: Cast) -> None:
    """Later ones succeed and change nothing."""
    token_id = create(api, cast.alice)["id"]
    for data in ({"approved": True, "zero": "\u0000"}, {"approved": False}):
        answer = api.post(cast.alice, f"{TOKENS}/{token_id}/complete", {"data": data})
        assert (answer.status_code, answer.json()) == (200, {"status": "success"})
    token = shown(api, cast.alice, token_id)
    assert (token["status"], token["output"]) == (
        "COMPLETED",
        {"approved": True, "zero": "\u0000"},
    )
    assert token["completedAt"] is not None


@pytest.mark.parametrize(
    ("body", "output"), [(b'{"paid": 5}', {"paid": 5}), (b"", None), (b'"yes"', "yes")]
)
def test_a_signed_url_completes_without_credentials(
    api: Api, cast: Cast, body: bytes, output: Any
) -> None:
    """The JSON body is the answer, whatever type it says it is."""
    created = create(api, cast.alice)
    answer = api.ask("POST", None, callback(created), content=body)
    assert (answer.status_code, answer.json()) == (200, {"status": "success"})
    assert shown(api, cast.alice, created["id"])["output"] == output


def test_a_forged_url_opens_nothing(api: Api, cast: Cast) -> None:
    """401 for a missing, altered or borrowed signature, known token or not."""
    created, other = create(api, cast.alice), create(api, cast.alice)
    path, _, query = callback(created).partition("?")
    borrowed = callback(other).partition("?")[2]
    forged = [
        path,
        f"{path}?signature=",
        f"{path}?signature=%C3%BC",
        f"{path}?{query[:-1]}",
        f"{path}?{borrowed}",
        f"{TOKENS}/waitpoint_none/callback?{query}",
    ]
    for url in forged:
        assert refusal(api.post(None, url, {}))[0] == 401
    assert shown(api, cast.alice, created["id"])["status"] == "WAITING"


def test_a_url_of_a_token_that_is_gone_is_not_there(api: Api, settings: Settings) -> None:
    """The signature alone makes no token."""
    url = callback({"url": callback_url(settings, "waitpoint_gone")})
    assert refusal(api.post(None, url, {})) == (404, "Token not found")


def test_a_token_times_out(api: Api, cast: Cast) -> None:
    """A completion that comes too late changes nothing."""
    token_id = create(api, cast.alice, timeout="0s")["id"]
    with api.database.write() as connection:
        waiting.time_tokens_out(connection, 1000)
    late = api.post(cast.alice, f"{TOKENS}/{token_id}/complete", {"data": 1})
    assert late.status_code == 200
    token = shown(api, cast.alice, token_id)
    assert (token["status"], token["output"]) == ("TIMED_OUT", None)


def test_tokens_are_listed_newest_first(api: Api, cast: Cast) -> None:
    """Without their outputs, as many as asked for, of an account within reach."""
    ids = [create(api, cast.bob)["id"] for _ in range(3)]
    for caller, query in ((cast.bob, {}), (cast.alice, {"account_id": cast.bob.account_id})):
        listed = api.get(caller, TOKENS, params={"limit": "2", **query}).json()["tokens"]
        assert [token["id"] for token in listed] == ids[:0:-1]
        assert all("output" not in token for token in listed)
    assert api.get(cast.charlie, TOKENS).json()["tokens"] == []
    refused = api.get(cast.bob, TOKENS, params={"account_id": cast.alice.account_id})
    assert refusal(refused)[0] == 403


def test_a_token_may_be_an_artists(api: Api, cast: Cast) -> None:
    """Who then sees it; an account out of reach is refused as an unknown one."""
    token_id = create(api, cast.alice, accountId=cast.lyra.account_id)["id"]
    assert shown(api, cast.lyra, token_id)["status"] == "WAITING"
    for account_id in (cast.charlie.account_id, str(uuid.uuid4())):
        refused = api.post(cast.alice, TOKENS, {"accountId": account_id})
        assert refusal(refused) == (403, "Access denied to specified accountId")


@pytest.mark.parametrize(
    ("order", "field"),
    [
        ({"timeout": "soon"}, "timeout"),
        ({"timeout": 5}, "timeout"),
        ({"timeout": "999999999w"}, "timeout"),
        ({"tags": ["a"] * 11}, "tags"),
        ({"tags": [""]}, "tags[0]"),
        ({"tags": ["account:x"]}, "tags"),
        ({"tags": ["a\u0000"]}, "tags"),
        ({"idempotencyKey": ""}, "idempotencyKey"),
        ({"idempotencyKey": "\u0000"}, "idempotencyKey"),
        ({"accountId": "me"}, "accountId"),
        ({"x": 1}, "x"),
    ],
)
def test_a_wrong_value_is_refused_by_name(
    api: Api, cast: Cast, order: dict[str, Any], field: str
) -> None:
    """400, and no token was made."""
    assert refused_field(api.post(cast.alice, TOKENS, order)) == (400, field)
    assert api.get(cast.alice, TOKENS).json()["tokens"] == []


def test_an_answer_that_can_not_be_kept_is_refused(api: Api, cast: Cast) -> None:
    """Too large, not JSON, or too deep; the token goes on waiting."""
    created = create(api, cast.alice)
    complete = f"{TOKENS}/{created['id']}/complete"
    assert refusal(api.post(cast.alice, complete, {"data": "x" * 524_288}))[0] == 413
    for content, code in ((b"x" * 524_289, 413), (b"{", 400), (b"[" * 100_000, 400)):
        assert refusal(api.ask("POST", None, callback(created), content=content))[0] == code
    assert refused_field(api.post(cast.alice, complete, {"output": 1})) == (400, "output")
    assert shown(api, cast.alice, created["id"])["status"] == "WAITING"


def test_a_token_out_of_reach_is_not_there(api: Api, cast: Cast) -> None:
    """The same answer as for an unknown one, before the body is looked at."""
    token_id = create(api, cast.alice)["id"]
    for caller in (cast.charlie, cast.bob):
        for wanted in (token_id, "waitpoint_none", "a%00b"):
            seen = api.get(caller, f"{TOKENS}/{wanted}")
            done = api.post(caller, f"{TOKENS}/{wanted}/complete", {"x": 1})
            assert refusal(seen) == refusal(done) == (404, "Token not found")


def test_credentials_come_first(api: Api, cast: Cast) -> None:
    """401 before anything else is looked at; 405 for another method."""
    token_id = create(api, cast.alice)["id"]
    for answer in (
        api.post(None, TOKENS, {"x": 1}),
        api.get(None, TOKENS),
        api.get(None, f"{TOKENS}/{token_id}"),
        api.post(None, f"{TOKENS}/{token_id}/complete", {"x": 1}),
    ):
        assert refusal(answer)[0] == 401
    assert refusal(api.ask("DELETE", cast.alice, f"{TOKENS}/{token_id}"))[0] == 405
