"""Advice before a video is ordered: what it costs, and what is still missing."""

from __future__ import annotations

from functools import partial

import msgspec
from anyio import to_thread
from litestar import get

from backline.accounts import Caller, find_account, may_work_for
from backline.api.answers import Answer, answer
from backline.api.auth import for_caller, reach_of
from backline.api.query import Query
from backline.api.recoup.create import TASK, check_template
from backline.api.services import AnyRequest, Services, services_of
from backline.content.estimate import TYPICAL_ACTIVE_SECONDS, Rates, video_cents
from backline.content.templates import Template, find_template
from backline.db import Connection
from backline.errors import InvalidInput, NotFound
from backline.files import Shelf
from backline.ids import AccountId
from backline.runs import catalog
from backline.sdk import DEFAULT_MACHINE, MACHINES
from backline.wire.advice import ContentEstimate, ContentReadiness, EstimateProfiles, Supply

DEFAULT_TEMPLATE = "artist-caption-bedroom"

_SONG = Supply(
    file="song",
    severity="required",
    fix="Upload a song with POST /api/files, or name a URL in songs",
)
_LYRICS = Supply(
    file="lyrics",
    severity="recommended",
    fix="Upload timed lyrics (.lrc) and name them in lyrics: captions then take lines that are sung, and can follow the singer",
)


@get("/api/content/estimate")
async def estimate_content(request: AnyRequest) -> Answer:
    """Say what videos would be billed at on this server."""
    estimate = await for_caller(request, partial(_estimate, request))
    return answer(estimate)


@get("/api/content/validate")
async def validate_content(request: AnyRequest) -> Answer:
    """Say whether an artist's uploads are enough for a video."""
    artist_id, template = await for_caller(request, partial(_asked, request))
    shelf = services_of(request).shelf
    return answer(await to_thread.run_sync(_readiness, shelf, artist_id, template))


def _estimate(request: AnyRequest, connection: Connection, _: Caller) -> ContentEstimate:
    query = Query(request)
    lipsync, compare = query.boolean("lipsync"), query.boolean("compare")
    batch = query.integer("batch", least=1, most=100, default=1)
    facts = catalog.find_task(connection, TASK)
    machine = (facts.machine if facts else None) or DEFAULT_MACHINE
    each_usd = video_cents(_rates(services_of(request), machine)) / 100
    estimate = ContentEstimate(
        status="success",
        lipsync=lipsync,
        batch=batch,
        per_video_estimate_usd=round(each_usd, 6),
        total_estimate_usd=round(each_usd * batch, 6),
        basis=f"{TYPICAL_ACTIVE_SECONDS:g} s of active time on {machine} and the fee of a run,"
        " at the prices that this server's operator set; 0 means that none are set."
        " What outside providers charge, power and hardware are not counted.",
    )
    if not compare:
        return estimate
    return msgspec.structs.replace(
        estimate, profiles=EstimateProfiles(current=estimate.per_video_estimate_usd)
    )


def _rates(services: Services, machine: str) -> Rates:
    settings = services.settings
    return Rates(
        cents_per_second=MACHINES[machine].cents_per_second(
            settings.vcpu_second_cents, settings.gigabyte_second_cents
        ),
        cents_per_run=settings.run_base_cents,
    )


def _asked(
    request: AnyRequest, connection: Connection, caller: Caller
) -> tuple[AccountId, Template]:
    query = Query(request)
    artist_id = query.account_id("artist_account_id")
    if artist_id is None:
        raise InvalidInput("artist_account_id is missing", "artist_account_id")
    name = query.text("template") or DEFAULT_TEMPLATE
    check_template(name)
    is_allowed = may_work_for(reach_of(connection, caller), artist_id)
    if not is_allowed or find_account(connection, artist_id) is None:
        raise NotFound(f"Artist not found: {artist_id}")
    return artist_id, find_template(name)


def _readiness(shelf: Shelf, artist_id: AccountId, template: Template) -> ContentReadiness:
    def has(kind: str) -> bool:
        return shelf.newest_upload(artist_id, kind) is not None

    missing = [] if has("audio") else [_SONG]
    warnings = [] if has("image") else [_picture(template)]
    warnings += [] if has("text") else [_LYRICS]
    return ContentReadiness(
        status="success",
        artist_account_id=artist_id,
        ready=not missing,
        missing=missing,
        warnings=warnings,
    )


def _picture(template: Template) -> Supply:
    """Say which picture a template wants; without one the cover art inside the song's file serves."""
    return Supply(
        file="picture",
        severity="recommended",
        fix=f"Upload a picture ({template.needs[0]} is best) and name it in images: without one"
        " the song's cover art is used, and a song without any fails."
        f" {template.without}",
    )
