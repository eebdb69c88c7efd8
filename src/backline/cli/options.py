"""Options that many commands share, worded once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter


def read_json(_kind: object, tokens: tuple[Any, ...]) -> object:
    """Read JSON as given, from a file (``@name``), or from stdin (``-``)."""
    import msgspec

    text = str(tokens[0].value)
    try:
        return msgspec.json.decode(_text(text))
    except OSError as trouble:
        raise ValueError(f"can not read {text[1:]!r}: {trouble.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as misfit:
        raise ValueError(f"this is not JSON ({misfit}): write e.g. '{{\"seconds\": 3}}'") from None


def _text(text: str) -> bytes:
    if text == "-":
        return sys.stdin.buffer.read()
    if text.startswith("@"):
        return Path(text[1:]).read_bytes()
    return text.encode()


Data = Annotated[
    Path | None,
    Parameter(
        "--data",
        help="Data directory. Default: BACKLINE_DATA_DIR, else ~/.backline.",
        show_default=False,
    ),
]
Json = Annotated[
    bool, Parameter("--json", negative="", show_default=False, help="Print JSON, for programs.")
]
Payload = Annotated[
    Any,
    Parameter(
        help="JSON for the task; @FILE reads a file, - reads stdin.",
        converter=read_json,
        allow_leading_hyphen=True,
        n_tokens=1,
        metavar="JSON",
    ),
]
