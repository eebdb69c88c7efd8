"""The looks a video can have. Importing this loads no media library."""

from backline.content.templates.shelf import build_scene, find_template, template_ids
from backline.content.templates.template import (
    CaptionLook,
    CaptionWords,
    Grammar,
    Need,
    Template,
)

__all__ = [
    "CaptionLook",
    "CaptionWords",
    "Grammar",
    "Need",
    "Template",
    "build_scene",
    "find_template",
    "template_ids",
]
