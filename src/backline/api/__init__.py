"""The HTTP API: it asks who is calling, reads the ledger, and triggers runs."""

from __future__ import annotations

from backline.api.key_use import KeyUse
from backline.api.manners import AsgiApp, Manners
from backline.api.problems import HANDLERS
from backline.api.routes import ROUTES
from backline.api.services import Services
from backline.api.ticker import Ticker

__all__ = ["HANDLERS", "ROUTES", "AsgiApp", "KeyUse", "Manners", "Services", "Ticker"]
