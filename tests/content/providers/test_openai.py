"""OpenAI's API, spoken by anyone: captions and pictures, in threads that are looked after."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backline.content.providers.desk import ProviderDesk
from backline.errors import AbortRun
from backline.settings import ProviderSettings
from tests.content.providers.service import OPENAI_KEY, Answer, Service, says
from tests.pictures import halves, write

Ask = Callable[[Any], Any]
CHAT, DRAW, EDIT = (
    "POST /v1/chat/completions",
    "POST /v1/images/generations",
    "POST /v1/images/edits",
)
CAPTION = {"type": "Start", "job": {"type": "caption", "manner": "deadpan", "facts": "Title: x"}}


@pytest.fixture
def ask(settings: ProviderSettings, tmp_path: Path) -> Ask:
    desk = ProviderDesk(msgspec.structs.replace(settings, image="openai:painter"))
    return lambda request: desk(None, request, tmp_path)


def finished(ask: Ask, kind: str, request: dict[str, Any], folder: Path) -> Any:
    """Hand a job in and look until it is no longer being worked on."""
    ticket = ask(request)["ticket"]
    for _ in range(1000):
        reply = ask({"type": "Look", "kind": kind, "ticket": ticket, "folder": str(folder)})
        if reply["type"] != "Working":
            return reply
        time.sleep(0.005)
    raise AssertionError("it never ended")


def drawing(picture: Path | None = None) -> dict[str, Any]:
    name = None if picture is None else str(picture)
    return {"type": "Start", "job": {"type": "image", "prompt": "a stage", "picture": name}}


def test_a_caption_is_written_by_a_chat(ask: Ask, service: Service, tmp_path: Path) -> None:
    """Manner and facts are two messages, so that a song's words are not taken for orders."""
    service.on(CHAT, says("made this instead of sleeping"))
    reply = finished(ask, "caption", CAPTION, tmp_path)
    assert reply == {"type": "Done", "path": "", "text": "made this instead of sleeping"}
    (asked,) = service.asked
    assert asked.headers["authorization"] == f"Bearer {OPENAI_KEY}"
    assert asked.json == {
        "model": "writer",
        "messages": [
            {"role": "system", "content": "deadpan"},
            {"role": "user", "content": "Title: x"},
        ],
    }


def test_a_picture_is_drawn_from_words(ask: Ask, service: Service, tmp_path: Path) -> None:
    """It comes inside the answer and is put into the run's folder."""
    write(tmp_path / "theirs.png", halves())
    data = (tmp_path / "theirs.png").read_bytes()
    service.on(DRAW, Answer(200, {"data": [{"b64_json": base64.b64encode(data).decode()}]}))
    reply = finished(ask, "image", drawing(), tmp_path)
    assert Path(reply["path"]).read_bytes() == data
    assert service.asked[0].json["model"] == "painter"


def test_a_picture_of_the_artist_is_edited(ask: Ask, service: Service, tmp_path: Path) -> None:
    """With a picture the edits endpoint is asked, and the picture goes along as a file."""
    picture = tmp_path / "artist.jpg"
    write(picture, halves())
    service.on("GET /files/a.jpg", Answer(200, picture.read_bytes()))
    service.on(EDIT, Answer(200, {"data": [{"url": f"{service.url}/files/a.jpg"}]}))
    reply = finished(ask, "image", drawing(picture), tmp_path)
    form = service.asked[0].form
    assert (form["prompt"], form["model"], form["image"]) == (
        b"a stage",
        b"painter",
        picture.read_bytes(),
    )
    assert reply["type"] == "Done"


@pytest.mark.parametrize(
    "answer",
    [
        says(""), says(None), says(7), says([{"text": "x"}]), Answer(200, {"choices": []}),
        Answer(200, {"choices": "x"}), Answer(200, []), Answer(200, b"\x00"), Answer(200, None),
        Answer(401, {"error": {"message": f"Incorrect API key provided: {OPENAI_KEY}"}}),
        Answer(404, {"error": {"message": "no such model"}}),
        Answer(200, b'{"choices": "' + b"x" * (2 * 1024**2)),
    ],
)  # fmt: skip
def test_an_answer_without_a_text_is_a_refusal(
    ask: Ask, service: Service, tmp_path: Path, answer: Answer
) -> None:
    """Whatever comes back, there is a reason and no key in it."""
    service.on(CHAT, answer)
    with pytest.raises(AbortRun) as told:
        finished(ask, "caption", CAPTION, tmp_path)
    assert OPENAI_KEY not in str(told.value)


@pytest.mark.parametrize(
    "found",
    [
        [], [{}], [{"b64_json": "###"}], [{"b64_json": base64.b64encode(b"<svg/>").decode()}],
        [{"url": "http://127.0.0.1:9/a.png"}], [{"url": "ftp://example.com/a.png"}], {"0": 1}, None,
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused(
    ask: Ask, service: Service, tmp_path: Path, found: Any
) -> None:
    """Neither junk nor a private address becomes a picture."""
    service.on(DRAW, Answer(200, {"data": found}))
    with pytest.raises(AbortRun):
        finished(ask, "image", drawing(), tmp_path)


def test_a_busy_service_is_handed_the_job_again(ask: Ask, service: Service, tmp_path: Path) -> None:
    """The look tells so, and when."""
    service.on(CHAT, Answer(429, None, {"retry-after": "3"}))
    reply = finished(ask, "caption", CAPTION, tmp_path)
    assert (reply["type"], reply["after_seconds"]) == ("Busy", 3.0)


def test_a_call_of_another_worker_is_lost(ask: Ask, tmp_path: Path) -> None:
    """Its ticket means nothing here."""
    look = {"type": "Look", "kind": "caption", "ticket": "call_x", "folder": str(tmp_path)}
    assert ask(look) == {"type": "Lost"}


def test_a_call_that_was_given_up_is_forgotten(ask: Ask, service: Service, tmp_path: Path) -> None:
    """Whoever drops a ticket can not look for it."""
    service.on(CHAT, says("hello"))
    ticket = ask(CAPTION)["ticket"]
    ask({"type": "Drop", "kind": "caption", "ticket": ticket})
    look = {"type": "Look", "kind": "caption", "ticket": ticket, "folder": str(tmp_path)}
    assert ask(look) == {"type": "Lost"}
