"""Order short videos: check everything, then trigger all runs of the batch or none."""

from __future__ import annotations

import secrets

from msgspec.structs import replace

from backline.accounts import Account, Caller, find_account, may_work_for
from backline.api.auth import reach_of
from backline.api.bodies import require_visible
from backline.api.query import read_account_id
from backline.api.recoup.supplies import Supplies
from backline.api.services import Services
from backline.content.order import DEFAULT_CLIP_SECONDS, Order
from backline.content.templates import template_ids
from backline.errors import InvalidInput, NotFound
from backline.ids import AccountId
from backline.runs import NewRun
from backline.wire.recoup import ContentOrder, ContentTriggered

TASK = "create-content"
_SEEDS = 2**31


def create(services: Services, caller: Caller, wish: ContentOrder) -> ContentTriggered:
    """Trigger the runs that make the videos; those of a batch differ in seed, clip and caption.

    Raises ``InvalidInput`` naming the field, ``NotFound`` for an artist out of reach.
    """
    check_template(wish.template)
    artist, supplies = _gather(services, caller, wish)
    # An operator's own account is nobody's artist; there the run belongs to whom it is made for.
    owner_id = artist.id if caller.is_operator else caller.account_id
    order = _order(wish, supplies, owner_id, artist)
    seed = secrets.randbelow(_SEEDS) if wish.seed is None else wish.seed
    runs = [
        NewRun(
            account_id=owner_id,
            task_identifier=TASK,
            payload=replace(order, seed=(seed + number) % _SEEDS, variant=number),
            environment=caller.environment or services.settings.environment,
            tags=(f"artist:{artist.id}",) if artist.kind == "artist" else (),
            idempotency_key=_key(wish, number),
            base_cost_cents=services.settings.run_base_cents,
        )
        for number in range(wish.batch)
    ]
    triggered = services.dispatch.trigger_many(runs)
    return ContentTriggered(
        run_ids=[run.run_id for run in triggered],
        status="triggered",
        artist_account_id=artist.id,
        template=wish.template,
        lipsync=wish.lipsync,
    )


def check_template(name: str) -> None:
    """Raise ``InvalidInput`` naming the known templates when this is none of them."""
    if name not in template_ids():
        known = ", ".join(template_ids())
        raise InvalidInput(f"Unsupported template: {name[:80]}; use one of {known}", "template")


def _gather(services: Services, caller: Caller, wish: ContentOrder) -> tuple[Account, Supplies]:
    artist_id = read_account_id(wish.artist_account_id, "artist_account_id")
    with services.database.read() as connection:
        reach = reach_of(connection, caller)
        artist = find_account(connection, artist_id)
    if artist is None or not may_work_for(reach, artist_id):
        raise NotFound(f"Artist not found: {artist_id}")
    accounts = tuple(dict.fromkeys((artist_id, caller.account_id)))
    return artist, Supplies(shelf=services.shelf, reach=reach, accounts=accounts)


def _order(wish: ContentOrder, supplies: Supplies, owner_id: AccountId, artist: Account) -> Order:
    lyrics_file = None if wish.lyrics is None else supplies.lyrics_file(wish.lyrics)
    return Order(
        account_id=owner_id,
        artist_account_id=artist.id,
        artist_name=artist.name if artist.kind == "artist" else "",
        template=wish.template,
        songs=supplies.songs(wish.songs),
        images=supplies.images(wish.images),
        lyrics=wish.lyrics if lyrics_file is None else None,
        lyrics_file=lyrics_file,
        hear_words=wish.hear_words,
        caption=wish.caption,
        caption_length=wish.caption_length,
        caption_mode=wish.caption_mode,
        lipsync=wish.lipsync,
        aspect_ratio=wish.aspect_ratio,
        upscale=wish.upscale,
        release_date=wish.release_date,
        clip_start=wish.clip_start,
        clip_seconds=wish.clip_seconds or DEFAULT_CLIP_SECONDS,
    )


def _key(wish: ContentOrder, number: int) -> str | None:
    """Return the idempotency key of one run of a batch: the first has the caller's own."""
    if wish.idempotency_key is None:
        return None
    key = require_visible(wish.idempotency_key, "idempotency_key")
    return key if number == 0 else f"{key}#{number + 1}"
