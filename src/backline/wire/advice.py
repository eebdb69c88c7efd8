"""Advice before a video is ordered: what it costs, and what is still missing."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from backline.wire.recoup import Uuid


class EstimateProfiles(Struct, frozen=True, kw_only=True):
    """Ways to make a video, in USD each; backline knows one."""

    current: float


class ContentEstimate(Struct, frozen=True, kw_only=True):
    """What videos would be billed at."""

    status: Literal["success"]
    lipsync: bool
    batch: int
    per_video_estimate_usd: float
    total_estimate_usd: float
    basis: str
    """What the numbers mean, for a person to read."""
    profiles: EstimateProfiles | UnsetType = UNSET


class Supply(Struct, frozen=True, kw_only=True):
    """Something that is not there."""

    file: str
    severity: Literal["required", "recommended"]
    fix: str
    """What to do about it."""


class ContentReadiness(Struct, frozen=True, kw_only=True):
    """Whether an artist's uploads are enough for a video."""

    status: Literal["success"]
    artist_account_id: Uuid
    ready: bool
    """Whether nothing is missing."""
    missing: list[Supply]
    """Without these an order that names none is refused."""
    warnings: list[Supply]
    """Without these a video may fail, or be plainer."""
