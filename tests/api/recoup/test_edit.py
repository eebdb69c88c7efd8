"""PATCH /api/content: everything is checked when it is ordered, then one run."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.stage import PICTURE, RUNS, SONG, Api, refusal, refused_field
from tests.cast import Cast, Player

EDIT = "/api/content"
URL = "https://example.com/night-drive.mp4"
FILM = b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isommp42" + bytes(2000)
TRIM = {"type": "trim", "start": 1, "duration": 5}


def ask(api: Api, caller: Player | None, **wishes: Any) -> Any:
    return api.ask("PATCH", caller, EDIT, json={"video_url": URL, "operations": [TRIM]} | wishes)


def triggered(api: Api, caller: Player, **wishes: Any) -> dict[str, Any]:
    answer = ask(api, caller, **wishes)
    assert answer.status_code == 202, answer.text
    assert answer.json()["status"] == "triggered"
    run_id = answer.json()["runId"]
    return api.get(caller, RUNS, params={"runId": run_id}).json()["runs"][0]


def test_it_triggers_a_run_of_the_callers_own(api: Api, cast: Cast) -> None:
    """202 with the run's id; what was ordered is the payload, in the task's own names."""
    text = {"type": "overlay_text", "content": "don't stop", "max_font_size": 50}
    run = triggered(api, cast.alice, operations=[TRIM, text], output_format="webm")
    assert run["taskIdentifier"] == "ffmpeg-edit"
    assert run["tags"] == [f"account:{cast.alice.account_id}"]
    assert run["payload"]["accountId"] == cast.alice.account_id
    assert run["payload"]["videoUrl"] == URL
    assert run["payload"]["outputFormat"] == "webm"
    assert [one["type"] for one in run["payload"]["operations"]] == ["trim", "overlay_text"]
    assert run["payload"]["operations"][1]["content"] == "don't stop"


def test_files_are_found_by_id_and_by_slug(api: Api, cast: Cast) -> None:
    """The film and its sound are looked up before anything is triggered."""
    film, song = api.upload(cast.alice, ("Night Drive.mp4", FILM), ("Rain.flac", SONG))
    sound = {"type": "mux_audio", "audio_url": "rain"}
    run = triggered(api, cast.alice, video_url="night-drive", operations=[sound])
    assert run["payload"]["videoUrl"] == film["fileId"]
    assert run["payload"]["operations"][0]["audio_url"] == song["fileId"]
    assert triggered(api, cast.alice, video_url=film["fileId"])["payload"]["videoUrl"]


def test_a_template_may_take_the_place_of_operations(api: Api, cast: Cast) -> None:
    """One of the two, not both, not neither."""
    run = triggered(api, cast.alice, operations=[], template="album-record-store")
    assert run["payload"]["template"] == "album-record-store"
    for wishes in ({"operations": []}, {"template": "album-record-store"}):
        assert refused_field(ask(api, cast.alice, **wishes)) == (400, "operations")


def test_the_same_key_again_is_the_same_run(api: Api, cast: Cast) -> None:
    """A retry does not edit twice."""
    one, other = (ask(api, cast.alice, idempotency_key="once").json() for _ in range(2))
    assert one == other


@pytest.mark.parametrize(
    ("wishes", "field"),
    [
        ({"video_url": None}, "video_url"),
        ({"video_url": ""}, "video_url"),
        ({"video_url": "nothing-of-that-name"}, "video_url"),
        ({"video_url": "ftp://example.com/a.mp4"}, "video_url"),
        ({"video_url": "http://me:secret@example.com/a.mp4"}, "video_url"),
        ({"video_url": "file_nowhere"}, "video_url"),
        ({"operations": "trim"}, "operations"),
        ({"operations": [TRIM] * 21}, "operations"),
        ({"operations": [{"type": "explode"}]}, "operations"),
        ({"operations": [{"type": "trim", "start": -1, "duration": 1}]}, "operations"),
        ({"operations": [{"type": "mux_audio", "audio_url": "nothing"}]}, "audio_url"),
        ({"output_format": "gif"}, "output_format"),
        ({"template": "disco", "operations": []}, "template"),
        ({"idempotency_key": ""}, "idempotency_key"),
    ],
)
def test_what_can_not_be_is_refused_with_its_field(
    api: Api, cast: Cast, wishes: dict[str, Any], field: str
) -> None:
    """400, and nothing is triggered."""
    code, named = refused_field(ask(api, cast.alice, **wishes))
    assert code == 400
    assert named is not None and named.startswith(field)


def test_a_picture_is_no_film(api: Api, cast: Cast) -> None:
    """The kind of an upload is known beforehand."""
    [picture] = api.upload(cast.alice, ("cover.png", PICTURE))
    answer = ask(api, cast.alice, video_url=picture["fileId"])
    code, text = refusal(answer)
    assert code == 400
    assert "'cover.png' is image/png" in text


def test_films_of_others_are_out_of_reach(api: Api, cast: Cast) -> None:
    """Charlie's question sounds as if there were no such file; strangers are sent away."""
    [film] = api.upload(cast.alice, ("Night Drive.mp4", FILM))
    answer = ask(api, cast.charlie, video_url=film["fileId"])
    code, text = refusal(answer)
    assert code == 400
    assert "there is no file" in text
    assert ask(api, None).status_code == 401
