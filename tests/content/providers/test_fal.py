"""fal's queue: jobs go in, are looked after, and what comes out is checked."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backline.errors import AbortRun
from tests.content.providers.service import FAL_KEY, MODEL, REQUESTS, Answer, Asked, Service
from tests.pictures import halves, write

Ask = Callable[[Any], Any]
LOOK = {"type": "Look", "kind": "image", "ticket": "job-1"}


def job(picture: Path | None = None) -> dict[str, Any]:
    name = None if picture is None else str(picture)
    return {"type": "Start", "job": {"type": "image", "prompt": "a room at night", "picture": name}}


def jpeg(folder: Path) -> Path:
    path = folder / "artist.jpg"
    write(path, halves())
    return path


@pytest.fixture
def look(ask: Ask, tmp_path: Path) -> Callable[[], Any]:
    return lambda: ask(LOOK | {"folder": str(tmp_path)})


def test_a_job_is_put_into_the_queue_with_the_key(ask: Ask, service: Service) -> None:
    """The prompt goes to the model's own path; the request's id comes back."""
    service.takes_jobs({})
    assert ask(job()) == {"type": "Started", "ticket": "job-1"}
    (asked,) = service.asked
    assert asked.headers["authorization"] == f"Key {FAL_KEY}"
    assert asked.json == {"prompt": "a room at night", "num_images": 1, "aspect_ratio": "9:16"}


def test_a_picture_travels_inside_the_job(ask: Ask, service: Service, tmp_path: Path) -> None:
    """Nothing has to be public: the file is a data URI."""
    service.takes_jobs({})
    picture = jpeg(tmp_path)
    ask(job(picture))
    head, _, data = service.asked[0].json["image_urls"][0].partition(",")
    assert head == "data:image/jpeg;base64"
    assert base64.b64decode(data) == picture.read_bytes()


def test_film_and_song_have_the_names_that_models_share(
    ask: Ask, service: Service, tmp_path: Path
) -> None:
    """image_url, and audio_url beside it."""
    service.takes_jobs({})
    picture, sound = jpeg(tmp_path), tmp_path / "clip.m4a"
    sound.write_bytes(b"sound")
    wish = {"type": "lipsync", "prompt": "sings", "picture": str(picture), "sound": str(sound)}
    ask({"type": "Start", "job": wish})
    sent = service.asked[0].json
    assert sorted(sent) == ["audio_url", "image_url", "prompt"]
    assert sent["audio_url"].startswith("data:audio/mp4;base64,")


def test_a_job_is_looked_after_until_it_is_made(
    ask: Ask, look: Callable[[], Any], service: Service, tmp_path: Path
) -> None:
    """Working, working, done: the file lies in the run's folder, and was fetched without the key."""
    picture = jpeg(tmp_path).read_bytes()
    service.on("GET /files/made.jpg", Answer(200, picture))
    service.takes_jobs({"images": [{"url": f"{service.url}/files/made.jpg"}]}, looks=2)
    ask(job())
    assert [look()["type"] for _ in range(2)] == ["Working", "Working"]
    done = look()
    assert done["type"] == "Done"
    assert Path(done["path"]).read_bytes() == picture
    assert Path(done["path"]).parent == tmp_path
    assert service.asked[-1].headers["authorization"] is None


def test_the_sub_path_of_a_model_is_left_out_when_looking(
    ask: Ask, look: Callable[[], Any], service: Service
) -> None:
    """fal wants owner and app there, and nothing behind them."""
    service.takes_jobs({})
    ask(job())
    look()
    assert [asked.path for asked in service.asked] == [f"/{MODEL}", f"{REQUESTS}/job-1/status"]


@pytest.mark.parametrize(
    "made",
    [
        {},
        {"images": []},
        {"images": [{"url": 7}]},
        {"images": [{"url": "file:///etc/passwd"}]},
        {"image": {"url": "http://127.0.0.1:9/private.jpg"}},
        {"image": {"url": "http://169.254.169.254/latest/meta-data"}},
        {"image": "http://[::1]/x.jpg"},
        [],
        "done",
        None,
    ],
)
def test_a_file_that_must_not_be_fetched_is_not(
    look: Callable[[], Any], service: Service, made: Any
) -> None:
    """A service's answer leads neither to disks nor into private networks."""
    service.takes_jobs(made, looks=0)
    with pytest.raises(AbortRun):
        look()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>not a picture</html>", "wanted image"),
        (b"\xff\xd8\xff" + b"x" * (41 * 1024**2), "more than 40 MiB"),
    ],
    ids=["page", "huge"],
)
def test_what_is_no_picture_is_refused(
    look: Callable[[], Any], service: Service, body: bytes, reason: str
) -> None:
    """The content decides, and there is an end to it."""
    service.on("GET /files/made.jpg", Answer(200, body))
    service.takes_jobs({"image": {"url": f"{service.url}/files/made.jpg"}}, looks=0)
    with pytest.raises(AbortRun, match=reason):
        look()


def test_redirects_are_not_followed(look: Callable[[], Any], service: Service) -> None:
    """A file of the service's own host does not lead elsewhere."""
    service.on("GET /files/made.jpg", Answer(302, b"", {"location": "http://127.0.0.1:9/"}))
    service.takes_jobs({"image": {"url": f"{service.url}/files/made.jpg"}}, looks=0)
    with pytest.raises(AbortRun, match="302"):
        look()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(401, {"detail": f"bad key {FAL_KEY}"}), "refused the key"),
        (Answer(403, {"detail": "no credit"}), "refused the key"),
        (Answer(422, {"detail": [{"loc": ["body"], "msg": "prompt too long"}]}), "prompt too long"),
        (Answer(400, {"detail": f"see {FAL_KEY}\x1b[31m"}), "answered 400"),
        (Answer(200, b"junk"), "not JSON"),
        (Answer(200, b"[" * 100_000), "not JSON"),
        (Answer(200, {"id": 1}), "no request_id"),
        (Answer(200, {"request_id": "../../admin"}), "no request_id"),
        (Answer(200, b'"' + b"x" * (2 * 1024**2) + b'"'), "more than 1 MiB"),
    ],
    ids=["401", "403", "422", "400", "junk", "deep", "no id", "odd id", "huge"],
)
def test_a_refusal_is_told_without_the_key(
    ask: Ask, service: Service, answer: Answer, reason: str
) -> None:
    """What the service said is told, short and clean, and never what is secret."""
    service.on(f"POST /{MODEL}", answer)
    with pytest.raises(AbortRun, match=reason) as told:
        ask(job())
    assert FAL_KEY not in str(told.value)
    assert "\x1b" not in str(told.value)
    assert len(str(told.value)) < 300


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (Answer(429, {"detail": "slow down"}, {"retry-after": "7"}), 7),
        (Answer(429, None, {"retry-after": "99999"}), 60),
        (Answer(429, None, {"retry-after": "Sat, 01 Jan 2000 00:00:00 GMT"}), 0.1),
        (Answer(503, None, {"retry-after": "soon"}), 2),
        (Answer(500, b"\xff\x00"), 2),
    ],
    ids=["seconds", "ages", "past", "words", "500"],
)
def test_a_service_that_is_busy_is_asked_again_later(
    ask: Ask, service: Service, answer: Answer, seconds: float
) -> None:
    """429 and 5xx are not the end; Retry-After is honoured within reason."""
    service.on(f"POST /{MODEL}", answer)
    reply = ask(job())
    assert reply["type"] == "Busy"
    assert reply["after_seconds"] == seconds


def test_a_service_that_is_gone_is_busy(ask: Ask, service: Service) -> None:
    """A line that can not be had may be had later; its address is not told."""
    service.stop()
    reply = ask(job())
    assert reply["type"] == "Busy"
    assert "could not be reached" in reply["reason"]
    assert "127.0.0.1" not in reply["reason"]


def test_a_job_can_be_given_up(ask: Ask, service: Service) -> None:
    """The queue is told."""
    service.on(f"PUT {REQUESTS}/job-1/cancel", Answer(202, {"status": "CANCELLATION_REQUESTED"}))
    assert ask({"type": "Drop", "kind": "image", "ticket": "job-1"}) is None
    assert service.count(f"PUT {REQUESTS}/job-1/cancel") == 1


@pytest.mark.parametrize("ticket", ["../../keys", "a/b", "", "x" * 101])
def test_a_ticket_is_no_path(ask: Ask, service: Service, tmp_path: Path, ticket: str) -> None:
    """Nobody walks about in the service with our key."""
    with pytest.raises(AbortRun, match="no request"):
        ask(LOOK | {"ticket": ticket, "folder": str(tmp_path)})
    assert service.asked == []


def test_only_the_runs_own_files_are_handed_over(
    ask: Ask, service: Service, tmp_path: Path
) -> None:
    """A task can not send the worker's disk to a service, nor have files put elsewhere."""
    with pytest.raises(AbortRun, match="workdir"):
        ask(job(Path("/etc/hostname")))
    with pytest.raises(AbortRun, match="workdir"):
        ask(LOOK | {"folder": str(tmp_path.parent)})
    assert service.asked == []


def test_a_drip_of_bytes_has_an_end(
    ask: Ask, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that never ends is not waited for."""
    monkeypatch.setattr("backline.content.providers.line._SECONDS", 0.3)

    def wait(_: Asked) -> Answer:
        service.slow.wait(10)
        return Answer(200, {})

    service.pages[f"POST /{MODEL}"] = wait
    reply = ask(job())
    assert reply["type"] == "Busy"
    assert "in time" in reply["reason"]
