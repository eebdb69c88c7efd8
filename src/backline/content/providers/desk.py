"""The worker's side: holds the keys, and answers the tasks' questions about outside services."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from backline.content.providers import messages as say
from backline.content.providers.contract import Provider
from backline.content.providers.fal import Fal
from backline.content.providers.line import Line
from backline.content.providers.openai import OpenAi
from backline.errors import AbortRun, RetryLater
from backline.settings import ProviderSettings

_KINDS: tuple[say.Kind, ...] = ("image", "motion", "lipsync", "caption")
_MAX_LENT_BYTES = 12 * 1024**2
"""Of a file that a task hands to a service: a still, or a minute of sound."""


def providers_of(settings: ProviderSettings) -> dict[say.Kind, Provider]:
    """Return the services that the settings name."""
    named = {kind: getattr(settings, kind) for kind in _KINDS}
    return {kind: _provider(name, settings) for kind, name in named.items() if name}


def _provider(name: str, settings: ProviderSettings) -> Provider:
    service, _, model = name.partition(":")
    if service == "fal":
        line = Line("fal", settings.fal_url, f"Key {settings.fal_key}", settings.fal_key)
        return Fal(model, line)
    key = settings.openai_key
    line = Line("the openai service", settings.openai_url, f"Bearer {key}", key)
    return OpenAi(model, line, settings.timeout_seconds)


class ProviderDesk:
    """Answers the questions in ``messages.py``."""

    def __init__(self, settings: ProviderSettings) -> None:
        self._settings = settings
        self._providers = providers_of(settings)

    def __call__(self, _run: object, request: Any, workdir: Path) -> Any:
        """Answer a run's question. Raises ``AbortRun`` with the reason of a service that fails for good."""
        try:
            asked: say.Request = msgspec.convert(request, say.Request)
        except msgspec.ValidationError as refusal:
            raise AbortRun(str(refusal)) from refusal
        try:
            return msgspec.to_builtins(self._answer(asked, workdir))
        except RetryLater as later:
            return msgspec.to_builtins(say.Busy(str(later), later.after_seconds))

    def _answer(self, asked: say.Request, workdir: Path) -> say.Reply | None:
        match asked:
            case say.Start(job):
                _check_lent(job, workdir)
                kind: say.Kind = job.__struct_config__.tag  # type: ignore[assignment]
                return say.Started(self._find(kind).start(job))
            case say.Look(kind, ticket, folder):
                return self._find(kind).look(ticket, _inside(workdir, folder))
            case say.Drop(kind, ticket):
                self._find(kind).drop(ticket)
                return None
        return say.Offered(
            names={kind: provider.name for kind, provider in self._providers.items()},
            does_without=self._settings.failure == "local",
            timeout_seconds=self._settings.timeout_seconds,
        )

    def _find(self, kind: say.Kind) -> Provider:
        if kind not in self._providers:
            raise AbortRun(f"this worker has no provider for {kind}: set one")
        return self._providers[kind]


def _check_lent(job: say.Job, workdir: Path) -> None:
    for name in (getattr(job, "picture", None), getattr(job, "sound", None)):
        if name is not None and _inside(workdir, name).stat().st_size > _MAX_LENT_BYTES:
            raise AbortRun(f"{Path(name).name!r} is too large for a provider")


def _inside(workdir: Path, name: str) -> Path:
    """Return a path that a task names. Raises ``AbortRun`` when it leads out of its workdir."""
    real = Path(name).resolve()
    if not real.is_relative_to(workdir.resolve()) or not real.exists():
        raise AbortRun(f"{name[:200]!r} is not inside ctx.workdir: put the file there")
    return real
