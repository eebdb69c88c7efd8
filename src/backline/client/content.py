"""Content: order short videos from a song, and see the templates they can be made with."""

from __future__ import annotations

from backline.client.connection import Connection
from backline.errors import BacklineError
from backline.wire.editing import ContentEdit, EditTriggered
from backline.wire.recoup import ContentOrder, ContentTriggered, TemplateList, TemplateSummary


class Content:
    """Videos made from songs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self, order: ContentOrder) -> ContentTriggered:
        """Order videos. Raises ``InvalidInput`` naming what can not be, ``NotFound`` for the artist."""
        return self._connection.post("/api/content/create", ContentTriggered, order)

    def edit(self, order: ContentEdit) -> EditTriggered:
        """Order an edit of a film. Raises ``InvalidInput`` naming what can not be."""
        triggered = self._connection.patch("/api/content", EditTriggered, order)
        if triggered is None:
            raise BacklineError("the server answered null to an edit: update it and try again")
        return triggered

    def templates(self) -> list[TemplateSummary]:
        """Return the templates the server has."""
        return self._connection.get("/api/content/templates", TemplateList).templates
