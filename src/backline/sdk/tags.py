"""Tags: words of the caller's own, by which runs and tokens are found."""

from __future__ import annotations

from collections.abc import Sequence

from backline.errors import InvalidInput

MAX_TAGS = 10
MAX_TAG_LENGTH = 128
ACCOUNT_TAG_PREFIX = "account:"
"""Every run carries ``account:<id>``; callers can not set tags that begin so."""


def check_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """Return a caller's tags, or raise ``InvalidInput`` saying which one can not be.

    At most 10, each 1 to 128 characters, none that begins like the account's own.
    """
    if len(tags) > MAX_TAGS:
        raise InvalidInput(f"{len(tags)} tags: a run carries {MAX_TAGS} at most", "tags")
    for tag in tags:
        if not 1 <= len(tag) <= MAX_TAG_LENGTH:
            raise InvalidInput(
                f"tag {tag[:40]!r} is not 1 to {MAX_TAG_LENGTH} characters long", "tags"
            )
        if tag.startswith(ACCOUNT_TAG_PREFIX):
            raise InvalidInput(
                f"tag {tag!r}: {ACCOUNT_TAG_PREFIX} tags are set by backline alone", "tags"
            )
    return tuple(tags)
