"""Login tokens: which are believed, and which tricks are seen through."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from backline.accounts import token as token_module
from backline.accounts.token import Login, TokenJudge
from backline.errors import SetupError
from tests.accounts.issuer import (
    AUDIENCE,
    EC_KEY,
    ED_KEY,
    ISSUER,
    PUBLISHED,
    RSA_KEY,
    STRANGERS_KEY,
    KeySetServer,
    claims,
    key_set,
    public_jwk,
    token,
)


def judge(key_set: str = PUBLISHED, audience: str = AUDIENCE) -> TokenJudge:
    return TokenJudge(issuer=ISSUER, audience=audience, key_set=key_set)


@pytest.fixture
def server() -> Iterator[KeySetServer]:
    serving = KeySetServer(PUBLISHED)
    yield serving
    serving.stop()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The monotonic clock of the key cache, moved by hand."""
    now = [1000.0]
    monkeypatch.setattr(token_module.time, "monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize(
    ("key", "algorithm", "key_id"),
    [
        (RSA_KEY, "RS256", "rsa-1"),
        (RSA_KEY, "PS512", "rsa-1"),
        (EC_KEY, "ES256", "ec-1"),
        (ED_KEY, "EdDSA", "ed-1"),
    ],
)
def test_tokens_of_the_issuer_are_believed(key: Any, algorithm: str, key_id: str) -> None:
    """Every usual asymmetric signature is taken."""
    login = judge().judge(token(key, algorithm, key_id))
    assert login == Login(issuer=ISSUER, subject="user-1", email=None)


@pytest.mark.parametrize(
    ("mail", "kept"),
    [
        ({"email": "Ann@Example.com", "email_verified": True}, "ann@example.com"),
        ({"email": "ann@example.com", "email_verified": False}, None),
        ({"email": "ann@example.com", "email_verified": "true"}, None),
        ({"email": "ann@example.com"}, None),
        ({"email": ["ann@example.com"], "email_verified": True}, None),
    ],
)
def test_only_a_verified_address_counts(mail: dict[str, Any], kept: str | None) -> None:
    """Anyone can type an address; only the issuer's plain word that it is verified is taken."""
    login = judge().judge(token(**mail))
    assert login is not None
    assert login.email == kept


NOW = int(time.time())


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example.com/"},
        {"iss": None},
        {"aud": "someone-else"},
        {"aud": None},
        {"exp": NOW - 3600},
        {"exp": None},
        {"nbf": NOW + 3600},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(changed: dict[str, Any]) -> None:
    """A wrong, expired or missing claim makes the whole token worthless."""
    payload = claims(**changed)
    signed = jwt.api_jws.encode(
        json.dumps(payload).encode(), RSA_KEY, algorithm="RS256", headers={"kid": "rsa-1"}
    )
    assert judge().judge(signed) is None


def test_a_clock_that_is_a_little_off_is_forgiven() -> None:
    """Two machines' clocks may differ by some seconds."""
    assert judge().judge(token(exp=int(time.time()) - 10))


def test_without_a_configured_audience_any_is_taken() -> None:
    """An issuer that serves backline alone needs no audience."""
    assert judge(audience="").judge(token(aud="whatever"))


def test_another_keys_signature_is_refused() -> None:
    """A stranger who names the issuer's key still lacks its private half."""
    assert judge().judge(token(STRANGERS_KEY)) is None


def test_the_algorithm_none_is_refused() -> None:
    """A token without a signature is no token."""
    unsigned = jwt.encode(claims(), None, algorithm="none", headers={"kid": "rsa-1"})
    assert judge().judge(unsigned) is None


@pytest.mark.parametrize("form", ["pem", "jwk"])
def test_a_public_key_is_no_shared_secret(form: str) -> None:
    """An HMAC made with the published key, the oldest trick, is refused."""
    published = public_jwk(RSA_KEY, "rsa-1")
    shared = {
        "pem": jwt.PyJWK(published).key.public_bytes(*_pem()),
        "jwk": json.dumps(published).encode(),
    }[form]
    head, body = (_part({"alg": "HS256", "typ": "JWT", "kid": "rsa-1"}), _part(claims()))
    signature = hmac.digest(shared, head + b"." + body, "sha256")
    forged = b".".join([head, body, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()
    assert judge().judge(forged) is None


def test_a_symmetric_key_in_the_set_is_left_out() -> None:
    """Even if an issuer published a shared secret, it signs nothing here."""
    secret = base64.urlsafe_b64encode(b"s" * 32).rstrip(b"=").decode()
    document = key_set({"kty": "oct", "kid": "oct-1", "k": secret}, public_jwk(RSA_KEY, "rsa-1"))
    forged = jwt.encode(claims(), b"s" * 32, algorithm="HS256", headers={"kid": "oct-1"})
    assert judge(document).judge(forged) is None
    assert judge(document).judge(token())


def test_a_key_signs_only_by_its_own_algorithm() -> None:
    """A key published for RS256 does not vouch for PS256, nor an encryption key for anything."""
    fixed = key_set(public_jwk(RSA_KEY, "rsa-1", alg="RS256"))
    assert judge(fixed).judge(token())
    assert judge(fixed).judge(token(RSA_KEY, "PS256")) is None
    assert judge(key_set(public_jwk(RSA_KEY, "rsa-1", use="enc"))).judge(token()) is None


def test_a_token_without_key_id_needs_an_issuer_with_one_key() -> None:
    """With one key there is nothing to choose; with three, guessing is not done."""
    anonymous = token(key_id=None)
    assert judge(key_set(public_jwk(RSA_KEY, "rsa-1"))).judge(anonymous)
    assert judge().judge(anonymous) is None


@pytest.mark.parametrize("text", ["", "a", "a.b.c", "...", "é.ü.ñ", "x" * 20_000, "\udcff.a.b"])
def test_what_is_no_token_is_refused(text: str) -> None:
    """Any text at all is answered with a plain no."""
    assert judge().judge(text) is None


def test_without_an_issuer_every_token_is_refused() -> None:
    """A server that was told of no issuer believes no token."""
    assert TokenJudge(issuer="", audience="", key_set="").judge(token()) is None


def test_an_issuer_without_key_set_is_a_setup_error() -> None:
    """The message names the setting that is missing."""
    with pytest.raises(SetupError, match="BACKLINE_JWT_JWKS"):
        TokenJudge(issuer=ISSUER, audience="", key_set="")


def test_the_key_set_may_lie_in_a_file(tmp_path: Path) -> None:
    """An installation without a way out keeps the keys beside it."""
    path = tmp_path / "jwks.json"
    path.write_text(PUBLISHED)
    assert judge(str(path)).judge(token())


def test_the_key_set_is_asked_for_once(server: KeySetServer) -> None:
    """A hundred tokens cost the issuer one request."""
    judging = judge(server.url)
    assert all(judging.judge(token()) for _ in range(100))
    assert server.requests == 1


def test_a_new_key_is_found_without_a_restart(server: KeySetServer, clock: list[float]) -> None:
    """When the issuer changes its keys, the first token of the new one fetches the set."""
    judging = judge(server.url)
    assert judging.judge(token())
    server.document = key_set(public_jwk(STRANGERS_KEY, "rsa-2"))
    clock[0] += 31
    assert judging.judge(token(STRANGERS_KEY, key_id="rsa-2"))
    assert judging.judge(token()) is None


def test_made_up_key_ids_do_not_flood_the_issuer(server: KeySetServer, clock: list[float]) -> None:
    """A thousand forged tokens in a minute cost the issuer two more requests at most."""
    judging = judge(server.url)
    for number in range(1000):
        clock[0] += 0.06
        assert judging.judge(token(EC_KEY, "ES256", f"made-up-{number}")) is None
    assert server.requests <= 3


def test_an_outage_of_the_issuer_locks_nobody_out(server: KeySetServer, clock: list[float]) -> None:
    """The keys that were read before go on working until the issuer is back."""
    judging = judge(server.url)
    assert judging.judge(token())
    server.status = 503
    clock[0] += 3600
    assert judging.judge(token())


@pytest.mark.parametrize(
    "document", ["", "[]", "{}", '{"keys": 7}', '{"keys": [7, {"kty": "RSA"}]}']
)
def test_a_broken_key_set_refuses_and_does_not_crash(server: KeySetServer, document: str) -> None:
    """Nonsense from the issuer means that no token is believed."""
    server.document = document
    assert judge(server.url).judge(token()) is None


def _part(value: dict[str, Any]) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")


def _pem() -> tuple[Any, Any]:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
