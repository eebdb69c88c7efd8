"""Values that travel: plain JSON on the way, the author's own types at both ends.

msgspec Structs, dataclasses, pydantic models (without importing pydantic) and
whatever else JSON can say: dates, sets, enums, UUIDs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, get_type_hints

import msgspec

from backline.errors import ResultInvalid


def to_plain(value: object) -> Any:
    """Turn a value into plain JSON. Raises ``TypeError``, naming the type that is none."""
    try:
        return msgspec.to_builtins(value, str_keys=True, enc_hook=_dump)
    except RecursionError:
        raise TypeError("it contains itself, which JSON can not") from None


def to_kind(plain: object, kind: Any) -> Any:
    """Turn plain JSON into a value of an annotated kind.

    Raises ``ValueError``, naming the field that does not fit, and
    ``NotImplementedError`` for a kind that JSON can not be turned into.
    """
    return msgspec.convert(plain, kind, dec_hook=_load)


def result_of(function: Callable[..., object], result: object, whose: str) -> Any:
    """Turn what a function returned into plain JSON that fits its annotation.

    ``whose`` opens the message, such as ``step 'render'``. Raises
    ``ResultInvalid``.
    """
    try:
        plain = to_plain(result)
    except TypeError as trouble:
        raise ResultInvalid(
            f"{whose} returned what is not JSON ({trouble}): return text, numbers, lists, "
            "dictionaries, a dataclass, a msgspec Struct or a pydantic model"
        ) from None
    try:
        to_kind(plain, returned_kind(function))
    except NotImplementedError:
        return plain  # an annotation that only a type checker understands
    except ValueError as misfit:
        raise ResultInvalid(
            f"{whose} returned what does not fit its annotation: {misfit}"
        ) from None
    return plain


def returned_kind(function: Callable[..., object]) -> Any:
    """Return the annotation of what a function returns; ``Any`` when there is none."""
    try:
        return hints_of(function).get("return", Any)
    except (TypeError, NameError):
        return Any  # an object without annotations of its own, or with names known to it alone


@lru_cache(maxsize=1024)
def hints_of(function: Callable[..., object]) -> dict[str, Any]:
    """Return a function's annotations. Kept, because reading them is slow."""
    return get_type_hints(function, include_extras=True)


def _dump(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    raise TypeError(f"{type(value).__name__} is not JSON")


def _load(kind: type, plain: object) -> Any:
    if hasattr(kind, "model_validate"):
        return kind.model_validate(plain)
    if isinstance(plain, kind):
        return plain
    raise NotImplementedError(f"{kind.__name__} can not be made from JSON")
