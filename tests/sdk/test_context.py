"""The two contexts say the same, one with ``await``."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from backline.sdk import AsyncContext, Context, Files, Tags, Waiting
from backline.sdk.async_context import AsyncFiles, AsyncTags, AsyncWaiting

PAIRS = [(Context, AsyncContext), (Files, AsyncFiles), (Tags, AsyncTags), (Waiting, AsyncWaiting)]


def public(kind: type) -> dict[str, Any]:
    return {name: each for name, each in vars(kind).items() if not name.startswith("_")}


@pytest.mark.parametrize(("plain", "awaited"), PAIRS, ids=lambda kind: kind.__name__)
def test_each_call_has_its_twin(plain: type, awaited: type) -> None:
    """Same names, same parameters: what holds for one kind of task holds for the other."""
    assert list(public(plain)) == list(public(awaited))
    for name, function in public(plain).items():
        if inspect.isfunction(function):
            parameters = inspect.signature(function).parameters
            twin = inspect.signature(public(awaited)[name]).parameters
            assert list(parameters) == list(twin), name
            defaults = [each.default for each in parameters.values()]
            assert defaults == [each.default for each in twin.values()], name


def test_what_lasts_is_awaited() -> None:
    """Only what needs no answer is called without await."""
    plain = {
        name
        for name, each in public(AsyncContext).items()
        if inspect.isfunction(each) and not inspect.iscoroutinefunction(each)
    }
    assert plain == {"heartbeat", "log", "output"}
