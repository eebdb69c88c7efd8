"""The description: whole, true to the routes, and in agreement with the contract."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from backline.api import ROUTES
from tests.api.stage import Api

CONTRACT = Path(__file__).parents[1] / "contract" / "task-runs-api.yaml"
UNDESCRIBED = {"/", "/openapi.json"}


@pytest.fixture
def document(api: Api) -> dict[str, Any]:
    described: dict[str, Any] = api.get(None, "/openapi.json").json()
    return described


@pytest.fixture
def contract() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(CONTRACT.read_text())
    return loaded


def references(node: Any) -> Iterator[str]:
    """Find every reference of a document."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def types_of(schema: dict[str, Any]) -> set[str]:
    """Return the types that a property may have, null included, in 3.0's words or 3.1's."""
    found = set(schema["type"] if isinstance(schema.get("type"), list) else [schema.get("type")])
    for choice in schema.get("anyOf", []):
        found |= {"object"} if "$ref" in choice else types_of(choice)
    if schema.get("nullable"):
        found.add("null")
    if "$ref" in schema:
        found.add("object")
    if "enum" in schema:
        found.add("string")
    return {"number" if kind == "integer" else kind for kind in found - {None}}


def test_it_is_version_3_1_with_a_server(document: dict[str, Any]) -> None:
    """And says where the API is."""
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": "http://api.test"}]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    """No schema is missing, and none is left over."""
    used = {name.removeprefix("#/components/schemas/") for name in references(document)}
    assert used <= document["components"]["schemas"].keys()


def test_every_schema_is_a_schema(document: dict[str, Any]) -> None:
    """By the rules of JSON Schema 2020-12, which 3.1 uses."""
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert "nullable" not in str(schema)


def test_every_route_is_described(document: dict[str, Any]) -> None:
    """And nothing is described that is not there."""
    routes = {
        (re.sub(r"\{\w+:str\}", "{}", path), method.lower())
        for handler in ROUTES
        for path in handler.paths
        for method in handler.http_methods
        if path not in UNDESCRIBED
    }
    described = {
        (re.sub(r"\{\w+\}", "{}", path), method)
        for path, methods in document["paths"].items()
        for method in methods
    }
    assert described == routes


def test_names_of_operations_are_unique(document: dict[str, Any]) -> None:
    """Generated clients make methods of them."""
    names = [o["operationId"] for methods in document["paths"].values() for o in methods.values()]
    assert len(names) == len(set(names))


def test_task_runs_agree_with_the_contract(
    document: dict[str, Any], contract: dict[str, Any]
) -> None:
    """The same parameters with the same bounds, and the same answers."""
    ours = document["paths"]["/api/tasks/runs"]["get"]
    theirs = contract["paths"]["/api/tasks/runs"]["get"]
    mine = {p["name"]: p for p in ours["parameters"]}
    assert mine.keys() == {p["name"] for p in theirs["parameters"]}
    for parameter in theirs["parameters"]:
        own = mine[parameter["name"]]
        assert (own["in"], own["required"]) == (parameter["in"], parameter["required"])
        assert parameter["schema"].items() <= own["schema"].items()
    assert ours["responses"].keys() == theirs["responses"].keys()


def test_a_run_has_every_field_of_the_contract(
    document: dict[str, Any], contract: dict[str, Any]
) -> None:
    """Of a type that the contract allows."""
    ours = document["components"]["schemas"]["TaskRun"]
    theirs = contract["components"]["schemas"]["TaskRunResponse"]
    assert set(theirs["required"]) <= set(ours["required"])
    assert theirs["properties"].keys() == ours["properties"].keys()
    for name in theirs["properties"].keys() - {"output", "payload", "ttl"}:
        own, allowed = types_of(ours["properties"][name]), types_of(theirs["properties"][name])
        assert own <= allowed, name
    words = set(theirs["properties"]["status"]["enum"])
    assert set(ours["properties"]["status"]["enum"]) == words
