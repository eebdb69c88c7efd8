"""URLs that complete a token without credentials, for services that only know how to call back.

A URL is ``/api/tokens/<id>/callback?signature=<…>``, the signature an
HMAC-SHA256 over the id under the server secret. It works as long as the token waits.
"""

from __future__ import annotations

import base64
import hmac

from backline.errors import NotAuthenticated
from backline.settings import Settings

BROKEN_LINK = "This URL is not valid: copy it whole, or make a new token"


def callback_url(settings: Settings, token_id: str) -> str:
    """Return the full URL that completes a token."""
    path = f"/api/tokens/{token_id}/callback?signature={_signature(settings.secret, token_id)}"
    return settings.public_url + path


def check_callback(settings: Settings, token_id: str, signature: str | None) -> None:
    """Let a callback through, or raise ``NotAuthenticated`` for one that is not ours."""
    expected = _signature(settings.secret, token_id).encode()
    if not hmac.compare_digest(expected, (signature or "").encode("utf-8", "surrogatepass")):
        raise NotAuthenticated(BROKEN_LINK)


def _signature(secret: bytes, token_id: str) -> str:
    # The first word keeps this from ever being another HMAC under the same secret.
    message = f"token-callback:{token_id}".encode("utf-8", "surrogatepass")
    digest = hmac.digest(secret, message, "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
