"""The shelf of templates, found by walking the folder: what there is, and how to build one.

Listing is light; the drawing code of a template is loaded when a scene is built.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from backline.content.templates.template import Template
from backline.errors import InvalidInput

if TYPE_CHECKING:
    from backline.content.media.frame import Scene
    from backline.content.media.picture import Picture
    from backline.content.motion import SceneFacts

_HERE = __name__.rpartition(".")[0]


@cache
def _shelf() -> dict[str, Template]:
    """Import each folder's declaration, in the order of their names."""
    folders = [m.name for m in pkgutil.iter_modules([str(Path(__file__).parent)]) if m.ispkg]
    templates = [importlib.import_module(f"{_HERE}.{name}").TEMPLATE for name in sorted(folders)]
    return {template.id: template for template in templates}


def template_ids() -> list[str]:
    """Return the ids of all templates, sorted."""
    return sorted(_shelf())


def find_template(template_id: str) -> Template:
    """Return a template. Raises ``InvalidInput`` naming the known ids when there is no such one."""
    template = _shelf().get(template_id)
    if template is None:
        known = ", ".join(template_ids())
        raise InvalidInput(
            f"There is no template {template_id!r}; choose one of {known}.", "template"
        )
    return template


def build_scene(template_id: str, picture: Picture, facts: SceneFacts) -> Scene:
    """Build the scene of a template around a picture; about a second of work, then frames are cheap.

    Raises ``InvalidInput`` when there is no such template.
    """
    template = find_template(template_id)
    module = importlib.import_module(f"{_HERE}.{template.id.replace('-', '_')}.scene")
    scene: Scene = module.build(picture, facts)
    return scene
