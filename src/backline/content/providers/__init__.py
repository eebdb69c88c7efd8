"""Outside services that content may be made with, if the settings name any."""

from backline.content.providers.messages import (
    SERVICE,
    CaptionJob,
    ImageJob,
    Kind,
    LipsyncJob,
    MotionJob,
)
from backline.content.providers.outside import Outside

__all__ = ["SERVICE", "CaptionJob", "ImageJob", "Kind", "LipsyncJob", "MotionJob", "Outside"]
