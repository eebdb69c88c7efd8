"""A login token (JWT) of one configured issuer, checked against the issuer's public keys.

Only asymmetric signatures are taken: a token that names ``none``, or an HMAC
computed with a public key, is refused before its signature is looked at. The
issuer's key set (JWKS, RFC 7517) is kept for ten minutes and read again when a
token names a key that is not in it, at most twice a minute, so a flood of
forged tokens does not become a flood of requests to the issuer.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import jwt
import msgspec

from backline.errors import SetupError

ALGORITHMS = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA",),
}
"""The signatures we take, by the type of key (``kty``) that may make them."""

CLOCK_SKEW_SECONDS = 30
_KEEP_SECONDS = 600
_REFETCH_SECONDS = 30
_FETCH_TIMEOUT_SECONDS = 5
_MAX_TOKEN_CHARACTERS = 16_384

_log = logging.getLogger(__name__)


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """What a good token says about its bearer."""

    issuer: str
    subject: str
    email: str | None
    """Lower-case, and only when the issuer says that it is verified."""


class KeySet:
    """The public keys of an issuer, by key id, read from a URL, a file or the JSON text itself."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._read_at = -float("inf")

    def find(self, key_id: str | None, algorithm: str) -> jwt.PyJWK | None:
        """Return the key for a token header; None when the issuer has no such key.

        A token without a key id is taken when the issuer has exactly one key.
        """
        self._refresh(key_id)
        keys = self._keys
        data = keys.get(key_id)
        if key_id is None and len(keys) == 1:
            data = next(iter(keys.values()))
        return None if data is None else _fitting(data, algorithm)

    def _refresh(self, key_id: str | None) -> None:
        with self._lock:
            age_seconds = time.monotonic() - self._read_at
            is_missing = key_id is not None and key_id not in self._keys
            if age_seconds < (_REFETCH_SECONDS if is_missing else _KEEP_SECONDS):
                return
            self._read_at = time.monotonic()
            try:
                self._keys = _read_keys(_read_source(self._source))
            except (OSError, ValueError, httpx.HTTPError) as problem:
                # The keys of the last good reading go on serving: a short outage
                # of the issuer must not lock everybody out.
                _log.warning("The issuer's key set could not be read: %s", type(problem).__name__)


class TokenJudge:
    """Decides whether a bearer token is a good login."""

    def __init__(self, *, issuer: str, audience: str, key_set: str) -> None:
        if issuer and not key_set:
            raise SetupError(
                "BACKLINE_JWT_ISSUER is set, BACKLINE_JWT_JWKS is not: name its key set"
            )
        self._issuer = issuer
        self._audience = audience or None
        self._keys = KeySet(key_set)

    def judge(self, token: str) -> Login | None:
        """Return who the token speaks for, or None when it is not to be trusted.

        Signature, issuer, audience (if configured), expiry and "not before" are
        checked; ``exp``, ``iss`` and ``sub`` must be there.
        """
        if not self._issuer or len(token) > _MAX_TOKEN_CHARACTERS:
            return None
        try:
            return _login(self._decode(token))
        except (jwt.PyJWTError, ValueError):
            return None

    def _decode(self, token: str) -> dict[str, Any]:
        header = jwt.get_unverified_header(token)
        algorithm = str(header.get("alg"))
        key_id = header.get("kid")
        if not any(algorithm in names for names in ALGORITHMS.values()):
            raise jwt.InvalidAlgorithmError("not an asymmetric signature")
        key = self._keys.find(key_id, algorithm)
        if key is None:
            raise jwt.InvalidKeyError("the issuer has no such key")
        return jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            issuer=self._issuer,
            audience=self._audience,
            leeway=CLOCK_SKEW_SECONDS,
            options={"require": ["exp", "iss", "sub"], "verify_aud": self._audience is not None},
        )


def _login(claims: dict[str, Any]) -> Login:
    subject, email = claims["sub"], claims.get("email")
    if not subject:
        raise ValueError("empty subject")
    if not isinstance(email, str) or claims.get("email_verified") is not True:
        return Login(issuer=claims["iss"], subject=subject, email=None)
    return Login(issuer=claims["iss"], subject=subject, email=email.strip().lower())


def _fitting(key: jwt.PyJWK, algorithm: str) -> jwt.PyJWK | None:
    """Bind a key to the algorithm of a token, if its type and its own ``alg`` allow that."""
    data = key._jwk_data
    if algorithm not in ALGORITHMS.get(data["kty"], ()) or data.get("alg", algorithm) != algorithm:
        return None
    return jwt.PyJWK(data, algorithm)


def _read_source(source: str) -> str:
    if source.lstrip().startswith("{"):
        return source
    if source.startswith(("https://", "http://")):
        answer = httpx.get(source, timeout=_FETCH_TIMEOUT_SECONDS, follow_redirects=False)
        return answer.raise_for_status().text
    return Path(source).read_text()


def _read_keys(text: str) -> dict[str | None, jwt.PyJWK]:
    """Keep the keys that can check a signature of ours; leave out symmetric and encryption keys."""
    document = json.loads(text)
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("not a JWKS document")
    keys: dict[str | None, jwt.PyJWK] = {}
    for data in listed:
        if isinstance(data, dict) and data.get("kty") in ALGORITHMS and data.get("use") != "enc":
            try:
                keys[data.get("kid")] = jwt.PyJWK(data)
            except jwt.PyJWTError:
                continue
    return keys
