"""Safe downloads of what callers point at."""

from __future__ import annotations

from backline.fetch.download import Fetched, fetch
from backline.fetch.url import check_url

__all__ = ["Fetched", "check_url", "fetch"]
