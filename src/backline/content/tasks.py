"""The tasks that make content, as workers know them."""

from __future__ import annotations

from backline.content.edit.editing import EditedContent, EditOrder
from backline.content.edit.editing import edit_content as edit_film
from backline.content.order import FinishedContent, Order
from backline.content.pipeline import create_content as make_video
from backline.sdk import Context, Retry, task


@task(
    "create-content",
    retry=Retry(max_attempts=3),
    machine="medium-1x",
    max_duration_seconds=900,
)
def create_content(order: Order, ctx: Context) -> FinishedContent:
    """Make a short vertical video from a song and a picture."""
    return make_video(order, ctx)


@task(
    "ffmpeg-edit",
    retry=Retry(max_attempts=3),
    machine="medium-1x",
    max_duration_seconds=600,
)
def edit_content(order: EditOrder, ctx: Context) -> EditedContent:
    """Cut, crop, scale, write on a film, or set it to other music."""
    return edit_film(order, ctx)
