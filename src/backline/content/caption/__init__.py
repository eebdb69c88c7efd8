"""Captions: what they say, how they look, and how they follow the singer."""

from backline.content.caption.drawing import draw_caption, unshown_characters
from backline.content.caption.mode import ChosenMode, choose_mode
from backline.content.caption.pages import draw_readable
from backline.content.caption.sung import TimedCaption, draw_sung_lines
from backline.content.caption.timing import SungLine, SungWord, lines_of_clip
from backline.content.caption.words import (
    WORD_LIMITS,
    CaptionRequest,
    fitted_answer,
    write_caption,
)

__all__ = [
    "WORD_LIMITS",
    "CaptionRequest",
    "ChosenMode",
    "SungLine",
    "SungWord",
    "TimedCaption",
    "choose_mode",
    "draw_caption",
    "draw_readable",
    "draw_sung_lines",
    "fitted_answer",
    "lines_of_clip",
    "unshown_characters",
    "write_caption",
]
