"""Everything that can go wrong, as one tree.

::

    BacklineError
    ├── UsageError               the caller sent something that can not work
    │   ├── InvalidInput         a value is wrong; `field` says which
    │   ├── NotAuthenticated     no credentials, or none that we know
    │   ├── AccessDenied         known, but not allowed
    │   ├── NotFound             no such thing within reach
    │   ├── Conflict             the thing is not in a state that allows this
    │   ├── TooLarge             more bytes than we take
    │   └── UnsupportedType      a kind of content that we do not take
    ├── TaskError                a run can not go on
    │   ├── Retry                try again; it is also the policy and lives in `sdk.retry`
    │   ├── RetryLater           an outside service is busy
    │   ├── AbortRun             not worth another attempt
    │   │   ├── MediaError       a song, picture or video that can not be used
    │   │   ├── PayloadInvalid   the payload does not fit the task
    │   │   ├── ResultInvalid    what a task or a step returned is not JSON, or not what it announced
    │   │   └── FetchRefused     a URL that must not be fetched, or holds nothing usable
    │   ├── FetchError           a URL that could not be fetched just now
    │   │   └── FetchRefused     (the same as above: it is both)
    │   ├── RunCrashed           the process of the run died
    │   └── RunLost              another worker has taken the run over
    └── SetupError               backline itself is set up wrongly

Every message names the offending value and the next step. ``permanent`` is the
bit that decides: a permanent error is never retried.
"""

from __future__ import annotations


class BacklineError(Exception):
    """Raised for anything backline refuses or fails to do."""

    permanent: bool = False


class UsageError(BacklineError):
    """Raised when a caller sent something that can not work. ``status`` is its HTTP code."""

    permanent = True
    status: int = 400


class InvalidInput(UsageError):
    """Raised when a value is wrong. Holds the name of the ``field``, if there is one."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class NotAuthenticated(UsageError):
    """Raised when credentials are missing, doubled, expired, revoked or unknown."""

    status = 401


class AccessDenied(UsageError):
    """Raised when a known caller may not do this."""

    status = 403


class NotFound(UsageError):
    """Raised when a thing does not exist within the caller's reach."""

    status = 404


class Conflict(UsageError):
    """Raised when a thing is not in a state that allows the act."""

    status = 409


class TooLarge(UsageError):
    """Raised when more bytes arrive than the limit allows."""

    status = 413


class UnsupportedType(UsageError):
    """Raised when content is of a kind that is not taken here."""

    status = 415


class TaskError(BacklineError):
    """Raised when an attempt at a run can not go on."""


class RetryLater(TaskError):
    """Raised when an outside service asks to be left alone for so long."""

    def __init__(self, message: str, *, after_seconds: float) -> None:
        super().__init__(message)
        self.after_seconds = after_seconds


class AbortRun(TaskError):
    """Raised by a task whose run is not worth another attempt."""

    permanent = True


class MediaError(AbortRun):
    """Raised when a song, picture or video can not be used; the message says what would work."""


class FetchError(TaskError):
    """Raised when a URL could not be fetched just now: no answer, cut off, the server's own fault."""


class FetchRefused(FetchError, AbortRun):
    """Raised when a URL must not be fetched, or when trying again brings nothing better."""


class RunCrashed(TaskError):
    """Raised when the process of a run died: killed, out of memory, segmentation fault."""


class RunLost(TaskError):
    """Raised when an attempt finds that the run is not its own any more; it must write nothing."""


class PayloadInvalid(AbortRun):
    """Raised when a payload does not fit the task; the message names the field."""


class ResultInvalid(AbortRun):
    """Raised when what a task or a step returned is not JSON, or does not fit its annotation."""


class SetupError(BacklineError):
    """Raised when backline itself is set up wrongly; the message says which setting to change."""

    permanent = True
