"""POST /api/content/create: everything is checked when it is ordered, then all runs or none."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.api.stage import LYRICS, PICTURE, RUNS, SONG, Api, refusal, refused_field
from tests.cast import Cast, Player

CREATE = "/api/content/create"
URL = "https://example.com/night-drive.mp3"


def order(artist: Player, **wishes: Any) -> dict[str, Any]:
    return {"artist_account_id": artist.account_id, "songs": [URL], **wishes}


def triggered(api: Api, caller: Player, artist: Player, **wishes: Any) -> list[dict[str, Any]]:
    """Order videos, and return their runs as the caller sees them."""
    answer = api.post(caller, CREATE, order(artist, **wishes))
    assert answer.status_code == 202, answer.text
    shown = [api.get(caller, RUNS, params={"runId": i}).json() for i in answer.json()["runIds"]]
    return [one["runs"][0] for one in shown]


def test_it_triggers_a_run(api: Api, cast: Cast) -> None:
    """202 with the run's id, which belongs to the caller and names the artist."""
    answer = api.post(cast.alice, CREATE, order(cast.lyra))
    assert answer.status_code == 202
    (run_id,) = answer.json()["runIds"]
    assert answer.json() == {
        "runIds": [run_id],
        "status": "triggered",
        "artist_account_id": cast.lyra.account_id,
        "template": "artist-caption-bedroom",
        "lipsync": False,
    }
    (run,) = api.get(cast.alice, RUNS, params={"runId": run_id}).json()["runs"]
    assert run["taskIdentifier"] == "create-content"
    assert run["tags"] == [f"account:{cast.alice.account_id}", f"artist:{cast.lyra.account_id}"]


def test_every_wish_reaches_the_task(api: Api, cast: Cast) -> None:
    """What was ordered is the payload, in the task's own names."""
    (run,) = triggered(
        api,
        cast.alice,
        cast.lyra,
        template="album-record-store",
        lipsync=True,
        caption_length="long",
        caption_mode="lines",
        hear_words=True,
        caption="tonight",
        aspect_ratio="4:5",
        upscale=True,
        release_date="2026-11-28",
        images=["https://example.com/cover.jpg"],
        lyrics="[00:01.00]night\n[00:02.00]drive",
        seed=7,
        clip_start=12.5,
        clip_seconds=20,
    )
    assert run["payload"] == {
        "accountId": cast.alice.account_id,
        "artistAccountId": cast.lyra.account_id,
        "artistName": "Lyra",
        "template": "album-record-store",
        "songs": [URL],
        "images": ["https://example.com/cover.jpg"],
        "lyrics": "[00:01.00]night\n[00:02.00]drive",
        "lyricsFile": None,
        "caption": "tonight",
        "captionLength": "long",
        "captionMode": "lines",
        "hearWords": True,
        "lipsync": True,
        "aspectRatio": "4:5",
        "upscale": True,
        "releaseDate": "2026-11-28",
        "clipStart": 12.5,
        "clipSeconds": 20.0,
        "seed": 7,
        "variant": 0,
    }


def test_the_caller_may_be_the_artist(api: Api, cast: Cast) -> None:
    """Whoever has no artists makes videos for itself; no name is put over the song's own."""
    (run,) = triggered(api, cast.charlie, cast.charlie)
    assert run["payload"]["artistName"] == ""
    assert run["tags"] == [f"account:{cast.charlie.account_id}"]


def test_a_member_may_work_for_the_organizations_artist(api: Api, cast: Cast) -> None:
    """The run is the member's own."""
    (run,) = triggered(api, cast.bob, cast.vega)
    assert run["tags"][0] == f"account:{cast.bob.account_id}"


def test_an_operators_order_belongs_to_the_artist(api: Api, cast: Cast) -> None:
    """Its files are within the reach of the run then."""
    (song,) = api.upload(cast.lyra, ("night.flac", SONG))
    (run,) = triggered(api, cast.operator, cast.lyra, songs=[song["fileId"]])
    assert run["tags"][0] == f"account:{cast.lyra.account_id}"


def test_a_batch_is_many_runs_with_seeds_of_their_own(api: Api, cast: Cast) -> None:
    """Each makes its own choices, and the seeds follow the one that was given."""
    runs = triggered(api, cast.alice, cast.lyra, batch=30, seed=2**31 - 2)
    seeds = [run["payload"]["seed"] for run in runs]
    assert seeds[:3] == [2**31 - 2, 2**31 - 1, 0]
    assert len(set(seeds)) == 30
    assert [run["payload"]["variant"] for run in runs] == list(range(30))


def test_seeds_are_drawn_when_none_is_given(api: Api, cast: Cast) -> None:
    """Two orders alike make different choices, which the payload records."""
    (one,), (other,) = (triggered(api, cast.alice, cast.lyra) for _ in range(2))
    assert one["payload"]["seed"] != other["payload"]["seed"]


def test_the_same_key_answers_with_the_same_runs(api: Api, cast: Cast) -> None:
    """An order that is sent twice makes its videos once."""
    bodies = [
        api.post(cast.alice, CREATE, order(cast.lyra, batch=2, idempotency_key="once")).json()
        for _ in range(2)
    ]
    assert len(set(bodies[0]["runIds"])) == 2
    assert bodies[0] == bodies[1]


def test_songs_and_pictures_are_found_by_id_and_by_slug(api: Api, cast: Cast) -> None:
    """The task gets ids of files that exist, the artist's before the caller's."""
    api.upload(cast.alice, ("Night Drive.flac", SONG), ("Cover.png", PICTURE))
    artists = api.upload(cast.alice, ("Night Drive.flac", SONG), account_id=cast.lyra.account_id)
    (own_picture,) = api.upload(cast.alice, ("Other.png", PICTURE))
    (run,) = triggered(
        api,
        cast.alice,
        cast.lyra,
        songs=["night-drive"],
        images=[own_picture["fileId"], "COVER"],
    )
    assert run["payload"]["songs"] == [artists[0]["fileId"]]
    assert run["payload"]["images"][0] == own_picture["fileId"]
    assert run["payload"]["images"][1].startswith("file_")


def test_without_songs_the_artists_newest_upload_plays(api: Api, cast: Cast) -> None:
    """A picture that was uploaded later is no song."""
    records = api.upload(
        cast.lyra, ("old.flac", SONG), ("new.flac", SONG + b"x"), ("cover.png", PICTURE)
    )
    (run,) = triggered(api, cast.alice, cast.lyra, songs=[])
    assert run["payload"]["songs"] == [records[1]["fileId"]]


def test_lyrics_may_be_an_uploaded_file(api: Api, cast: Cast) -> None:
    """By its id or by its slug."""
    (record,) = api.upload(cast.alice, ("Night Drive.lrc", LYRICS))
    for name in (record["fileId"], "night-drive"):
        (run,) = triggered(api, cast.alice, cast.lyra, lyrics=name)
        assert (run["payload"]["lyrics"], run["payload"]["lyricsFile"]) == (None, record["fileId"])


def test_an_artist_without_songs_is_told_how_to_add_one(api: Api, cast: Cast) -> None:
    """400 names the field and the way out."""
    answer = api.post(cast.alice, CREATE, order(cast.lyra, songs=[]))
    assert refused_field(answer) == (400, "songs")
    assert "/api/files" in refusal(answer)[1]


def test_an_unknown_template_is_refused_with_the_known_ones(api: Api, cast: Cast) -> None:
    """Whoever mistypes sees what there is."""
    answer = api.post(cast.alice, CREATE, order(cast.lyra, template="moon"))
    assert refused_field(answer) == (400, "template")
    text = refusal(answer)[1]
    assert text.startswith("Unsupported template: moon")
    assert "artist-caption-bedroom" in text and "album-record-store" in text


@pytest.mark.parametrize(
    ("wishes", "field"),
    [
        ({"artist_account_id": "lyra"}, "artist_account_id"),
        ({"artist_account_id": None}, "artist_account_id"),
        ({"template": ""}, "template"),
        ({"lipsync": "yes"}, "lipsync"),
        ({"upscale": 1}, "upscale"),
        ({"aspect_ratio": "16:9"}, "aspect_ratio"),
        ({"release_date": "28.11.2026"}, "release_date"),
        ({"caption_length": "huge"}, "caption_length"),
        ({"caption_mode": "dancing"}, "caption_mode"),
        ({"caption": "x" * 5001}, "caption"),
        ({"batch": 0}, "batch"),
        ({"batch": 31}, "batch"),
        ({"batch": 1.5}, "batch"),
        ({"songs": "night-drive"}, "songs"),
        ({"songs": [""]}, "songs[0]"),
        ({"songs": ["   "]}, "songs"),
        ({"songs": ["no-such-song"]}, "songs"),
        ({"songs": ["a\u0000b"]}, "songs"),
        ({"songs": ["file_01arz3ndektsv4rrffq69g5fav"]}, "songs"),
        ({"songs": ["ftp://example.com/a.mp3"]}, "songs"),
        ({"songs": ["file:///etc/passwd"]}, "songs"),
        ({"songs": ["http://"]}, "songs"),
        ({"songs": ["https://[::1"]}, "songs"),
        ({"songs": ["https://user:secret@example.com/a.mp3"]}, "songs"),
        ({"songs": ["https://example.com/" + "a" * 2048]}, "songs"),
        ({"images": ["javascript:alert(1)"]}, "images"),
        ({"images": [5]}, "images[0]"),
        ({"lyrics": "no-such-lyrics"}, "lyrics"),
        ({"lyrics": "https://example.com/a.lrc"}, "lyrics"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**31}, "seed"),
        ({"clip_start": -1}, "clip_start"),
        ({"clip_seconds": 4.9}, "clip_seconds"),
        ({"clip_seconds": 61}, "clip_seconds"),
        ({"idempotency_key": ""}, "idempotency_key"),
        ({"idempotency_key": "\u0007"}, "idempotency_key"),
    ],
)
def test_a_wrong_wish_is_refused_by_name(
    api: Api, cast: Cast, wishes: dict[str, Any], field: str
) -> None:
    """400 names the field, and nothing was triggered."""
    answer = api.post(cast.alice, CREATE, order(cast.lyra) | wishes)
    assert refused_field(answer) == (400, field)
    assert api.get(cast.alice, RUNS).json()["runs"] == []


def test_a_url_with_a_password_does_not_come_back(api: Api, cast: Cast) -> None:
    """The refusal does not repeat the secret."""
    answer = api.post(
        cast.alice, CREATE, order(cast.lyra, songs=["https://u:hunter2@example.com/a"])
    )
    assert "hunter2" not in answer.text


def test_a_missing_artist_is_refused_by_name(api: Api, cast: Cast) -> None:
    """The one field that must be there."""
    assert refused_field(api.post(cast.alice, CREATE, {})) == (400, "artist_account_id")


def test_an_artist_out_of_reach_is_as_unknown_as_no_artist(api: Api, cast: Cast) -> None:
    """404 for somebody else's and for nobody's."""
    for artist_id in (cast.orion.account_id, cast.alice.account_id, str(uuid.uuid4())):
        body = {"artist_account_id": artist_id, "songs": [URL]}
        assert refusal(api.post(cast.charlie, CREATE, body)) == (
            404,
            f"Artist not found: {artist_id}",
        )


def test_a_file_of_the_wrong_kind_or_owner_is_refused(api: Api, cast: Cast) -> None:
    """A picture is no song, and a stranger's song sounds like no song."""
    (picture,) = api.upload(cast.alice, ("cover.png", PICTURE))
    (strangers,) = api.upload(cast.charlie, ("secret.flac", SONG))
    for name in (picture["fileId"], strangers["fileId"], "secret"):
        answer = api.post(cast.alice, CREATE, order(cast.lyra, songs=[name]))
        assert refused_field(answer) == (400, "songs")


def test_unknown_fields_are_passed_over(api: Api, cast: Cast) -> None:
    """Existing clients send more than is used."""
    assert triggered(api, cast.alice, cast.lyra, reference_image_url="https://example.com/a.jpg")


def test_credentials_are_judged_first(api: Api, cast: Cast) -> None:
    """Whoever is unknown learns nothing of the body."""
    assert refusal(api.post(None, CREATE, {}))[0] == 401
    assert refusal(api.post(Player(cast.alice.account_id, "bl_sk_x"), CREATE, {}))[0] == 401


def test_other_methods_are_refused(api: Api, cast: Cast) -> None:
    """There is nothing to read here."""
    answer = api.get(cast.alice, CREATE)
    assert (refusal(answer)[0], answer.headers["allow"]) == (405, "OPTIONS, POST")
