"""A service, and desks that know its address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backline.content.providers.desk import ProviderDesk
from backline.settings import ProviderSettings
from tests.content.providers.service import FAL_KEY, MODEL, OPENAI_KEY, Service

Ask = Callable[[Any], Any]


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    yield service
    service.stop()


@pytest.fixture
def settings(service: Service) -> ProviderSettings:
    """Every kind of thing has a service, all at one address."""
    return ProviderSettings(
        image=f"fal:{MODEL}",
        motion=f"fal:{MODEL}",
        lipsync=f"fal:{MODEL}",
        caption="openai:writer",
        fal_url=service.url,
        fal_key=FAL_KEY,
        openai_url=f"{service.url}/v1",
        openai_key=OPENAI_KEY,
        timeout_seconds=20,
    )


@pytest.fixture
def ask(settings: ProviderSettings, tmp_path: Path) -> Ask:
    """Ask a desk, as a task in this folder would."""
    desk = ProviderDesk(settings)
    return lambda request: desk(None, request, tmp_path)
