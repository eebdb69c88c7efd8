"""Values that travel: plain JSON on the way, the author's own types at both ends.

msgspec Structs, dataclasses, pydantic models (without importing pydantic) and
whatever else JSON can say: dates, sets, enums, UUIDs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_type_hints

import msgspec


def to_plain(value: object) -> Any:
    """Turn a value into plain JSON. Raises ``TypeError``, naming the type that is none."""
    return msgspec.to_builtins(value, str_keys=True, enc_hook=_dump)


def to_kind(plain: object, kind: Any) -> Any:
    """Turn plain JSON into a value of an annotated kind.

    Raises ``ValueError``, naming the field that does not fit.
    """
    return msgspec.convert(plain, kind, dec_hook=_load)


def returned_kind(function: Callable[..., object]) -> Any:
    """Return the annotation of what a function returns; ``Any`` when there is none."""
    try:
        return get_type_hints(function, include_extras=True).get("return", Any)
    except TypeError:  # a partial, or an object that is called: it has no annotations of its own
        return Any


def _dump(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    raise TypeError(f"{type(value).__name__} is not JSON")


def _load(kind: type, plain: object) -> Any:
    if hasattr(kind, "model_validate"):
        return kind.model_validate(plain)
    raise TypeError(f"{kind.__name__} can not be made from JSON")
