"""Order an edit of a film: every name is looked up, then one run is triggered."""

from __future__ import annotations

from msgspec.structs import replace

from backline.accounts import Caller
from backline.api.auth import reach_of
from backline.api.bodies import require_visible
from backline.api.recoup.create import check_template
from backline.api.recoup.supplies import Supplies
from backline.api.services import Services
from backline.errors import InvalidInput
from backline.runs import NewRun
from backline.wire.editing import ContentEdit, EditTriggered, MuxAudio, Operation

TASK = "ffmpeg-edit"


def edit(services: Services, caller: Caller, wish: ContentEdit) -> EditTriggered:
    """Trigger the run that edits the film. Raises ``InvalidInput`` naming the field."""
    if wish.template is not None:
        check_template(wish.template)
    if (wish.template is None) == (not wish.operations):
        raise InvalidInput("operations: give either operations or a template", "operations")
    with services.database.read() as connection:
        reach = reach_of(connection, caller)
    supplies = Supplies(shelf=services.shelf, reach=reach, accounts=(caller.account_id,))
    order = {
        "accountId": caller.account_id,
        "videoUrl": supplies.film(wish.video_url),
        "operations": [_looked_up(operation, supplies) for operation in wish.operations],
        "template": wish.template,
        "outputFormat": wish.output_format,
    }
    run = NewRun(
        account_id=caller.account_id,
        task_identifier=TASK,
        payload=order,
        environment=caller.environment or services.settings.environment,
        idempotency_key=_key(wish),
        base_cost_cents=services.settings.run_base_cents,
    )
    return EditTriggered(run_id=services.dispatch.trigger(run).run_id, status="triggered")


def _looked_up(operation: Operation, supplies: Supplies) -> Operation:
    if isinstance(operation, MuxAudio):
        return replace(operation, audio_url=supplies.sound(operation.audio_url))
    return operation


def _key(wish: ContentEdit) -> str | None:
    if wish.idempotency_key is None:
        return None
    return require_visible(wish.idempotency_key, "idempotency_key")
