"""Links that open one file for a while, without credentials.

A link is ``/api/files/<file id>/<file name>?expires=<unix seconds>&signature=<…>``.
The signature is an HMAC-SHA256 over id, name and expiry under the server
secret, so nobody can lengthen a link's life or point it at another file.
"""

from __future__ import annotations

import base64
import hmac
from urllib.parse import quote

from backline.clock import now_ms
from backline.errors import AccessDenied
from backline.ids import FileId

DEFAULT_LIFETIME_SECONDS = 7 * 24 * 3600
"""A week: also the longest that S3 allows for its own signed links."""

BROKEN_LINK = "This link is not valid: copy it whole, or ask for a new one"
EXPIRED_LINK = "This link has expired: ask for a new one"


def sign_link(
    secret: bytes,
    file_id: FileId,
    file_name: str,
    lifetime_seconds: int = DEFAULT_LIFETIME_SECONDS,
) -> str:
    """Return path and query of a link that works until ``lifetime_seconds`` from now."""
    expires = now_ms() // 1000 + lifetime_seconds
    signature = _signature(secret, file_id, file_name, str(expires))
    path = f"/api/files/{quote(file_id, safe='')}/{quote(file_name, safe='')}"
    return f"{path}?expires={expires}&signature={signature}"


def check_link(
    secret: bytes, file_id: FileId, file_name: str, expires: str | None, signature: str | None
) -> None:
    """Let a link through, or raise ``AccessDenied``: altered, forged or expired.

    ``file_name`` is the decoded name of the path; ``expires`` and ``signature``
    are the query's values, None when they are missing.
    """
    expected = _signature(secret, file_id, file_name, expires or "")
    if not hmac.compare_digest(expected.encode(), (signature or "").encode()):
        raise AccessDenied(BROKEN_LINK)
    # The signature vouches that `expires` is the number that we wrote.
    if int(expires or 0) * 1000 <= now_ms():
        raise AccessDenied(EXPIRED_LINK)


def _signature(secret: bytes, file_id: str, file_name: str, expires: str) -> str:
    # Lengths in front keep "a" + "bc" and "ab" + "c" apart; the first word keeps
    # a link's signature from ever being another HMAC under the same secret.
    parts = ["file-link", file_id, file_name, expires]
    message = "".join(f"{len(part)}:{part}" for part in parts).encode("utf-8", "surrogatepass")
    digest = hmac.digest(secret, message, "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
