"""What every handler works with: settings, database, credentials, files, the engine's door."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request

from backline.accounts import Gatekeeper
from backline.api.key_use import KeyUse
from backline.api.ticker import Ticker
from backline.db import Database
from backline.engine.dispatch import Dispatch
from backline.files import Shelf
from backline.settings import Settings
from backline.storage import Store

AnyRequest = Request[Any, Any, Any]


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """One per process, handed to the application when it is put together."""

    settings: Settings
    database: Database
    gatekeeper: Gatekeeper
    key_use: KeyUse
    dispatch: Dispatch
    shelf: Shelf
    store: Store
    ticker: Ticker


def services_of(request: AnyRequest) -> Services:
    """Return the services of the application that got the request."""
    services: Services = request.app.state.services
    return services
