"""Where files live, and the links that open them."""

from __future__ import annotations

from backline.storage.links import DEFAULT_LIFETIME_SECONDS, check_link, sign_link
from backline.storage.object_store import open_store
from backline.storage.store import Store

__all__ = ["DEFAULT_LIFETIME_SECONDS", "Store", "check_link", "open_store", "sign_link"]
