"""The server does as ``/openapi.json`` says, whatever it is sent: requests drawn by chance."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from backline.api.openapi import OPERATIONS, Operation
from tests.cast import Cast

DRAWN = 25
"""Requests for each operation and mode."""

MODES = {"fitting": GenerationMode.POSITIVE, "broken": GenerationMode.NEGATIVE}

load_all_checks()
# A request may fit the description and still name a file or an artist that does not exist.
UNPROMISED = CHECKS.get_by_names(["positive_data_acceptance"])


@pytest.fixture(scope="session")
def description(server_url: str) -> Any:
    return schemathesis.openapi.from_url(f"{server_url}/openapi.json")


def operations(mode: str) -> list[Operation]:
    """Return what can be asked in this mode: without parameters and body nothing can be broken."""
    takes_values = [one for one in OPERATIONS if one.parameters or one.body]
    return takes_values if mode == "broken" else list(OPERATIONS)


@pytest.mark.parametrize(
    ("mode", "operation"),
    [pytest.param(m, o, id=f"{m}-{o.name}") for m in MODES for o in operations(m)],
)
def test_the_server_does_as_it_is_described(
    description: Any, cast: Cast, mode: str, operation: Operation
) -> None:
    """No request makes it stumble, and every answer is one that the description knows."""
    described = description[operation.path][operation.method.upper()]

    @settings(
        max_examples=DRAWN,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=described.as_strategy(generation_mode=MODES[mode]))
    def ask(case: Any) -> None:
        case.call_and_validate(
            headers={"x-api-key": cast.alice.api_key}, excluded_checks=UNPROMISED
        )

    ask()
