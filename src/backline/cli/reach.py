"""Finding a server: the one named in the environment, else the one this data directory tells of.

``backline dev`` leaves ``credentials.json`` in its data directory; that server
counts only while it answers.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from backline.client import Client
from backline.errors import SetupError
from backline.settings import Settings, client_address, read_settings


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What ``credentials.json`` holds, as far as a client needs it."""

    url: str
    account_id: str
    api_key: str
    secret_key: str = ""


def read_credentials(settings: Settings) -> Credentials | None:
    """Return what the last ``backline dev`` of this data directory left, if anything."""
    try:
        return msgspec.json.decode(settings.credentials_path.read_bytes(), type=Credentials)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as misfit:
        raise SetupError(
            f"{settings.credentials_path} can not be read ({misfit}): delete it, and start `backline dev` again"
        ) from misfit


def open_client(data: Path | None, *, as_operator: bool = False) -> Client:
    """Speak to the server that is meant. Raises ``SetupError`` when none is named or answers.

    ``as_operator`` takes the secret key where the data directory tells of one;
    a key that the environment names is taken as it is.
    """
    client = find_client(data, as_operator=as_operator)
    if client is None:
        raise SetupError(
            "no server is running for this data directory: start one with `backline dev`,"
            " or set BACKLINE_URL and BACKLINE_API_KEY"
        )
    return client


def find_client(data: Path | None, *, as_operator: bool = False) -> Client | None:
    """Speak to the server that is meant, or return None when there is none on this machine.

    A server named by ``BACKLINE_URL`` is taken at its word; one that is only
    remembered in the data directory must answer.
    """
    url, api_key = client_address()
    if url is not None and api_key is not None:
        return Client(url, api_key)
    kept = read_credentials(read_settings(data_dir=data))
    if url is not None and (kept is None or kept.url.rstrip("/") != url.rstrip("/")):
        raise SetupError(f"BACKLINE_URL is {url} but BACKLINE_API_KEY is not set: set it to a key")
    if kept is None:
        return None
    own_key = kept.secret_key if as_operator else kept.api_key
    client = Client(kept.url, api_key or own_key)
    if client.answers():
        return client
    client.close()
    return None
