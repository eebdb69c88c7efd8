"""What every answer has in common: CORS, OPTIONS, HEAD, unknown paths, and errors of ours."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest

from backline.runs import queries
from tests.api.stage import RUNS, Api, refusal
from tests.cast import Cast

EVERY_ANSWER = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET, POST, PUT, DELETE, OPTIONS, PATCH",
    "access-control-allow-headers": "Content-Type, Authorization, X-Requested-With, x-api-key",
}


@pytest.mark.parametrize("path", [RUNS, f"{RUNS}?limit=0", "/api/nothing", "/api/files/a/b"])
def test_a_page_of_any_origin_may_read_every_answer(api: Api, cast: Cast, path: str) -> None:
    """Good answers and refusals alike."""
    headers = api.get(cast.alice, path, headers={"origin": "https://app.example"}).headers
    assert EVERY_ANSWER.items() <= dict(headers).items()


@pytest.mark.parametrize("path", [RUNS, "/api/content/create", "/api/nothing"])
def test_options_needs_no_credentials(api: Api, path: str) -> None:
    """200 with an empty body, so that a browser goes on to ask."""
    answer = api.ask("OPTIONS", None, path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert EVERY_ANSWER.items() <= dict(answer.headers).items()


@pytest.mark.parametrize("path", [RUNS, "/api/accounts/id", "/openapi.json", "/"])
def test_head_is_get_without_the_body(api: Api, cast: Cast, path: str) -> None:
    """The same code and headers, the length of the body included."""
    head, get = api.ask("HEAD", cast.alice, path), api.get(cast.alice, path)
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head.headers == get.headers


def test_head_judges_credentials_too(api: Api) -> None:
    """It is no way around the door."""
    assert api.ask("HEAD", None, RUNS).status_code == 401


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/task", "/api/tasks/runs/x/y", "/nothing"])
def test_an_unknown_path_is_not_found(api: Api, cast: Cast, path: str) -> None:
    """404 in the shape of every refusal."""
    code, text = refusal(api.get(cast.alice, path))
    assert (code, "/openapi.json" in text) == (404, True)


def test_a_slash_at_the_end_changes_nothing(api: Api, cast: Cast) -> None:
    """The framework reads both alike."""
    assert api.get(cast.alice, f"{RUNS}/").status_code == 200


def test_an_error_of_ours_shows_nothing_of_the_inside(
    api: Api, cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The caller gets an id under which the log has the rest, without the caller's key."""

    def break_down(*_: Any) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(queries, "newest_rows", break_down)
    with caplog.at_level(logging.ERROR):
        answer = api.get(cast.alice, RUNS)
    code, text = refusal(answer)
    found = re.search(r"\(error ([0-9a-f]{8})\)", text)
    assert (code, found is not None, "secret" in text) == (500, True, False)
    assert found is not None and found[1] in caplog.text
    assert "secret inside" in caplog.text
    assert cast.alice.api_key not in caplog.text
    assert EVERY_ANSWER.items() <= dict(answer.headers).items()
