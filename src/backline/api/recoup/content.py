"""Content: order short videos, and see the templates they can be made with."""

from __future__ import annotations

from anyio import to_thread
from litestar import get, patch, post
from litestar.params import FromPath

from backline.api.answers import Answer, answer
from backline.api.auth import authenticate
from backline.api.bodies import read_json
from backline.api.recoup.create import create
from backline.api.recoup.edit import edit
from backline.api.services import AnyRequest, services_of
from backline.content.templates import find_template, template_ids
from backline.errors import InvalidInput, NotFound
from backline.wire.editing import ContentEdit
from backline.wire.recoup import ContentOrder, TemplateList, TemplateSummary

MAX_ORDER_BYTES = 3 * 1024 * 1024


@post("/api/content/create", request_max_body_size=MAX_ORDER_BYTES)
async def create_content(request: AnyRequest) -> Answer:
    """Order one or more short videos: 202 and the ids of the runs that make them."""
    caller = await authenticate(request)
    wish = await read_json(request, ContentOrder)
    triggered = await to_thread.run_sync(create, services_of(request), caller, wish)
    return answer(triggered, 202)


@patch("/api/content", request_max_body_size=MAX_ORDER_BYTES)
async def edit_content(request: AnyRequest) -> Answer:
    """Order an edit of a film: 202 and the id of the run that makes it."""
    caller = await authenticate(request)
    wish = await read_json(request, ContentEdit)
    triggered = await to_thread.run_sync(edit, services_of(request), caller, wish)
    return answer(triggered, 202)


@get("/api/content/templates")
async def list_templates(request: AnyRequest) -> Answer:
    """List the looks that a video can have."""
    await authenticate(request)
    return answer(TemplateList(status="success", templates=[_summary(i) for i in template_ids()]))


@get("/api/content/templates/{template_id:str}")
async def get_template(request: AnyRequest, template_id: FromPath[str]) -> Answer:
    """Show a template with all that it says of itself."""
    await authenticate(request)
    try:
        return answer(find_template(template_id))
    except InvalidInput:
        raise NotFound("Template not found") from None


def _summary(template_id: str) -> TemplateSummary:
    template = find_template(template_id)
    return TemplateSummary(
        id=template.id,
        name=template.name,
        description=template.description,
        needs=template.needs,
        without=template.without,
    )
