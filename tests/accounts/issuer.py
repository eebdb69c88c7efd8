"""A token issuer for tests: real keys, real signatures, a key set served over HTTP."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

ISSUER = "https://login.example.com/"
AUDIENCE = "backline"

RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()
STRANGERS_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_jwk(key: Any, key_id: str, **more: str) -> dict[str, Any]:
    """Return the public half of a key as the issuer publishes it."""
    writer = {
        rsa.RSAPrivateKey: RSAAlgorithm,
        ec.EllipticCurvePrivateKey: ECAlgorithm,
        ed25519.Ed25519PrivateKey: OKPAlgorithm,
    }
    algorithm = next(a for kind, a in writer.items() if isinstance(key, kind))
    return json.loads(algorithm.to_jwk(key.public_key())) | {"kid": key_id} | more


def key_set(*keys: dict[str, Any]) -> str:
    """Return a JWKS document."""
    return json.dumps({"keys": list(keys)})


PUBLISHED = key_set(
    public_jwk(RSA_KEY, "rsa-1"), public_jwk(EC_KEY, "ec-1"), public_jwk(ED_KEY, "ed-1")
)


def claims(**changed: Any) -> dict[str, Any]:
    """Return the claims of a good token; a claim that is set to None is left out."""
    now = int(time.time())
    good = {"iss": ISSUER, "aud": AUDIENCE, "sub": "user-1", "iat": now, "exp": now + 300}
    return {name: value for name, value in (good | changed).items() if value is not None}


def token(
    key: Any = RSA_KEY, algorithm: str = "RS256", key_id: str | None = "rsa-1", **changed: Any
) -> str:
    """Sign a token as the issuer does."""
    headers = {} if key_id is None else {"kid": key_id}
    return jwt.encode(claims(**changed), key, algorithm=algorithm, headers=headers)


class KeySetServer:
    """Serves a key set on a free port and counts how often it is asked for."""

    def __init__(self, document: str) -> None:
        self.document = document
        self.status = 200
        self.requests = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requests += 1
                self.send_response(outer.status)
                self.end_headers()
                self.wfile.write(outer.document.encode())

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/jwks.json"

    def stop(self) -> None:
        """Stop serving and wait until it is so."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
