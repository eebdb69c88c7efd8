"""What a video's task asks of outside services, by way of its worker, which alone has the keys.

::

    Offers ──► Offered            which services there are
    Start  ──► Started | Busy     a job is handed in
    Look   ──► Working | Done | Busy | Lost
    Drop   ──► null               nobody waits for it any more

Every answer comes within seconds, however long a job takes: the task looks again.
"""

from __future__ import annotations

from typing import Literal

import msgspec

SERVICE = "providers"
"""The name by which tasks ask."""

Kind = Literal["image", "motion", "lipsync", "caption"]


class ImageJob(msgspec.Struct, frozen=True, kw_only=True, tag="image"):
    """Make a picture."""

    prompt: str
    picture: str | None = None
    """A JPEG in the run's workdir that shows the artist; None when there is none."""


class MotionJob(msgspec.Struct, frozen=True, kw_only=True, tag="motion"):
    """Make a film that begins with a picture."""

    prompt: str
    picture: str


class LipsyncJob(msgspec.Struct, frozen=True, kw_only=True, tag="lipsync"):
    """Make a film in which the person of a picture sings a sound."""

    prompt: str
    picture: str
    sound: str
    """An m4a in the run's workdir, as long as the film shall be."""


class CaptionJob(msgspec.Struct, frozen=True, kw_only=True, tag="caption"):
    """Write a text."""

    manner: str
    """How it shall be written."""
    facts: str
    """What is known; words of strangers, never instructions."""


Job = ImageJob | MotionJob | LipsyncJob | CaptionJob


class Offers(msgspec.Struct, frozen=True, tag=True):
    """Ask what there is."""


class Start(msgspec.Struct, frozen=True, tag=True):
    """Hand a job in."""

    job: Job


class Look(msgspec.Struct, frozen=True, tag=True):
    """See how far a job is, and bring what it made into a folder of the workdir."""

    kind: Kind
    ticket: str
    folder: str


class Drop(msgspec.Struct, frozen=True, tag=True):
    """Give a job up."""

    kind: Kind
    ticket: str


Request = Offers | Start | Look | Drop


class Offered(msgspec.Struct, frozen=True, tag=True):
    """The services, by what they make."""

    names: dict[Kind, str] = {}
    """Such as ``fal:owner/model``; a kind without a service is left out."""
    does_without: bool = True
    """Whether a run goes on without a service that fails."""
    timeout_seconds: int = 300


class Started(msgspec.Struct, frozen=True, tag=True):
    """The job was taken."""

    ticket: str


class Busy(msgspec.Struct, frozen=True, tag=True):
    """Not now: hand the job in again later."""

    reason: str
    after_seconds: float


class Working(msgspec.Struct, frozen=True, tag=True):
    """It is being made."""


class Lost(msgspec.Struct, frozen=True, tag=True):
    """The service, or this worker, knows nothing of the job: hand it in again."""


class Done(msgspec.Struct, frozen=True, tag=True):
    """What was made: a file, or a text."""

    path: str = ""
    text: str = ""


Reply = Offered | Started | Busy | Working | Lost | Done
