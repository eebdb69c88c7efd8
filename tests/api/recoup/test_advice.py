"""Advice before a video is ordered: what it costs, and what is still missing."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
import pytest

from backline.content.estimate import Rates, video_cents
from tests.api.stage import LYRICS, PICTURE, SONG, Api, refusal, refused_field
from tests.cast import Cast, Player

ESTIMATE = "/api/content/estimate"
VALIDATE = "/api/content/validate"


def estimate(api: Api, caller: Player, **query: str) -> dict[str, Any]:
    answer = api.get(caller, ESTIMATE, params=query)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def readiness(api: Api, caller: Player, artist: Player, **query: str) -> dict[str, Any]:
    answer = api.get(caller, VALIDATE, params={"artist_account_id": artist.account_id} | query)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_a_server_without_prices_bills_nothing(api: Api, cast: Cast) -> None:
    """And says that this is what 0 means."""
    told = estimate(api, cast.alice)
    assert (told["status"], told["lipsync"], told["batch"]) == ("success", False, 1)
    assert (told["per_video_estimate_usd"], told["total_estimate_usd"]) == (0, 0)
    assert "none are set" in told["basis"]
    assert "profiles" not in told


def test_prices_and_numbers_multiply(api: Api, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fee of each run and its typical active time, for the whole batch."""
    rates = Rates(cents_per_second=0.01, cents_per_run=0.5)
    monkeypatch.setattr("backline.api.recoup.advice._rates", lambda *_: rates)
    told = estimate(api, cast.alice, batch="100", lipsync="true", compare="true")
    each_usd = video_cents(rates) / 100
    assert each_usd == pytest.approx(0.008)
    assert told["per_video_estimate_usd"] == pytest.approx(each_usd)
    assert told["total_estimate_usd"] == pytest.approx(100 * each_usd)
    assert told["profiles"] == {"current": told["per_video_estimate_usd"]}
    assert (told["lipsync"], told["batch"]) == (True, 100)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"lipsync": "yes"}, "lipsync"),
        ({"lipsync": ""}, "lipsync"),
        ({"compare": "TRUE"}, "compare"),
        ({"batch": "0"}, "batch"),
        ({"batch": "101"}, "batch"),
    ],
)
def test_a_wrong_value_is_refused_by_name(
    api: Api, cast: Cast, query: dict[str, str], field: str
) -> None:
    """400 names the parameter."""
    assert refused_field(api.get(cast.alice, ESTIMATE, params=query)) == (400, field)


def test_an_artist_without_uploads_is_not_ready(api: Api, cast: Cast) -> None:
    """A song is required; picture and lyrics are recommended, with what to do."""
    told = readiness(api, cast.alice, cast.lyra)
    assert (told["artist_account_id"], told["ready"]) == (cast.lyra.account_id, False)
    assert [(item["file"], item["severity"]) for item in told["missing"]] == [("song", "required")]
    assert [item["file"] for item in told["warnings"]] == ["picture", "lyrics"]
    assert all(item["fix"] for item in told["missing"] + told["warnings"])


def test_uploads_make_an_artist_ready(api: Api, cast: Cast) -> None:
    """Each upload takes its line away; the artist's own count, not the caller's."""
    api.upload(cast.alice, ("a.flac", SONG))
    assert not readiness(api, cast.alice, cast.lyra)["ready"]
    api.upload(cast.lyra, ("a.flac", SONG))
    told = readiness(api, cast.alice, cast.lyra)
    assert (told["ready"], told["missing"], len(told["warnings"])) == (True, [], 2)
    api.upload(cast.lyra, ("a.png", PICTURE), ("a.lrc", LYRICS))
    assert readiness(api, cast.alice, cast.lyra)["warnings"] == []


def test_a_template_says_which_picture_it_wants(api: Api, cast: Cast) -> None:
    """The record store likes covers, the bedroom people."""
    for template, wanted in (("album-record-store", "artwork"), ("artist-caption-bedroom", "port")):
        told = readiness(api, cast.alice, cast.lyra, template=template)
        assert wanted in told["warnings"][0]["fix"]


def test_an_artist_must_be_named_and_within_reach(api: Api, cast: Cast) -> None:
    """400 for none, 404 for one out of reach just as for an unknown one."""
    assert refused_field(api.get(cast.alice, VALIDATE)) == (400, "artist_account_id")
    for wrong in ({"artist_account_id": "me"}, {"artist_account_id": ""}):
        assert refused_field(api.get(cast.alice, VALIDATE, params=wrong))[0] == 400
    wrong = {"artist_account_id": cast.lyra.account_id, "template": "nope"}
    assert refused_field(api.get(cast.alice, VALIDATE, params=wrong)) == (400, "template")
    for nobody in (cast.orion.account_id, str(uuid.uuid4())):
        answer = api.get(cast.charlie, VALIDATE, params={"artist_account_id": nobody})
        assert refusal(answer) == (404, f"Artist not found: {nobody}")
    assert readiness(api, cast.operator, cast.orion)["ready"] is False


@pytest.mark.parametrize("path", [ESTIMATE, VALIDATE])
def test_credentials_come_first(api: Api, cast: Cast, path: str) -> None:
    """401 before the query is looked at; 405 for another method."""
    for caller in (None, msgspec.structs.replace(cast.alice, api_key="bl_sk_x")):
        assert refusal(api.get(caller, path, params={"batch": "x"}))[0] == 401
    assert refusal(api.post(cast.alice, path))[0] == 405
