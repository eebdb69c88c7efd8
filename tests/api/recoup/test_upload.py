"""POST /api/files: taken in as they arrive, all files of a form or none."""

from __future__ import annotations

from typing import Any

import pytest

from backline.settings import Settings
from tests.api.conftest import MAX_UPLOAD_BYTES
from tests.api.stage import LYRICS, PICTURE, SONG, Api, refusal, refused_field
from tests.cast import Cast, Player

FILES = "/api/files"


def names(api: Api, caller: Player, **params: str) -> list[str]:
    answer = api.get(caller, FILES, params=params)
    assert answer.status_code == 200, answer.text
    return [record["fileName"] for record in answer.json()["files"]]


def send_raw(api: Api, caller: Player, body: bytes, media_type: str) -> Any:
    return api.ask("POST", caller, FILES, content=body, headers={"content-type": media_type})


def form(*parts: bytes, end: bytes = b"--X--\r\n") -> bytes:
    return b"".join(b"--X\r\n" + part + b"\r\n" for part in parts) + end


FILE_PART = b'Content-Disposition: form-data; name="file"; filename="a.flac"\r\n\r\n' + SONG


def test_it_takes_a_file_in(api: Api, cast: Cast) -> None:
    """201 with a record that describes the content, and a link to it."""
    answer = api.send_files(cast.alice, ("Night Drive.exe", SONG))
    assert (answer.status_code, answer.json()["status"]) == (201, "success")
    (record,) = answer.json()["files"]
    assert record["fileId"].startswith("file_")
    assert record["fileName"] == "Night Drive.exe"
    assert (record["mimeType"], record["sizeBytes"]) == ("audio/flac", len(SONG))
    assert record["slug"] == "night-drive"
    assert api.client.get(record["signedUrl"]).content == SONG


def test_it_takes_many_files_in(api: Api, cast: Cast) -> None:
    """Records come in the order of the form, lists newest first."""
    records = api.upload(cast.alice, ("a.flac", SONG), ("b.png", PICTURE), ("c.lrc", LYRICS))
    assert [record["fileName"] for record in records] == ["a.flac", "b.png", "c.lrc"]
    assert names(api, cast.alice) == ["c.lrc", "b.png", "a.flac"]
    assert names(api, cast.alice, limit="1") == ["c.lrc"]


def test_a_file_may_be_an_artists(api: Api, cast: Cast) -> None:
    """The account is named in the form or in the query."""
    api.upload(cast.alice, ("form.flac", SONG), account_id=cast.lyra.account_id)
    part = [("file", ("query.flac", SONG))]
    api.ask("POST", cast.alice, FILES, files=part, params={"account_id": cast.lyra.account_id})
    assert names(api, cast.lyra) == ["query.flac", "form.flac"]
    assert names(api, cast.alice, account_id=cast.lyra.account_id) == ["query.flac", "form.flac"]
    assert names(api, cast.alice) == []


def test_an_account_out_of_reach_is_refused(api: Api, cast: Cast) -> None:
    """Neither uploads for it nor its list."""
    answer = api.send_files(cast.charlie, ("a.flac", SONG), account_id=cast.lyra.account_id)
    assert refusal(answer)[0] == 403
    answer = api.get(cast.charlie, FILES, params={"account_id": cast.lyra.account_id})
    assert refusal(answer)[0] == 403
    assert names(api, cast.lyra) == []


def test_an_account_after_the_files_is_refused(api: Api, cast: Cast) -> None:
    """Then they were already taken in for somebody else; none of them stays."""
    account = (
        b'Content-Disposition: form-data; name="account_id"\r\n\r\n' + cast.lyra.account_id.encode()
    )
    answer = send_raw(api, cast.alice, form(FILE_PART, account), "multipart/form-data; boundary=X")
    assert refused_field(answer) == (400, "account_id")
    assert names(api, cast.alice) == []


def test_other_fields_are_passed_over(api: Api, cast: Cast) -> None:
    """A form may hold more than we know."""
    assert api.upload(cast.alice, ("a.flac", SONG), note="hello")


def test_a_file_over_the_limit_is_refused(api: Api, cast: Cast) -> None:
    """413, and files of the same form that were fine are not kept."""
    exact = SONG + bytes(MAX_UPLOAD_BYTES - len(SONG))
    answer = api.send_files(cast.alice, ("fine.flac", exact), ("large.flac", exact + b"x"))
    assert refusal(answer)[0] == 413
    assert names(api, cast.alice) == []
    assert api.upload(cast.alice, ("exact.flac", exact))


def test_content_that_is_not_taken_is_refused(api: Api, cast: Cast, settings: Settings) -> None:
    """415 says what is, whatever the name claims; nothing stays behind."""
    answer = api.send_files(cast.alice, ("fine.flac", SONG), ("song.mp3", b"\x7fELF" + bytes(100)))
    code, text = refusal(answer)
    assert (code, "mp3" in text) == (415, True)
    assert names(api, cast.alice) == []
    assert list((settings.data_dir / "drafts").iterdir()) == []


def test_an_empty_file_is_refused(api: Api, cast: Cast) -> None:
    """400 names the file."""
    answer = api.send_files(cast.alice, ("empty.mp3", b""))
    assert refusal(answer)[0] == 400
    assert "empty.mp3" in refusal(answer)[1]


@pytest.mark.parametrize(
    ("body", "media_type", "code"),
    [
        (b"", "multipart/form-data; boundary=X", 400),
        (b"nonsense", "multipart/form-data; boundary=X", 400),
        (form(), "multipart/form-data; boundary=X", 400),
        (form(FILE_PART, end=b""), "multipart/form-data; boundary=X", 400),
        (form(FILE_PART)[:-900], "multipart/form-data; boundary=X", 400),
        (form(b"no header at all"), "multipart/form-data; boundary=X", 400),
        (form(*[FILE_PART] * 51), "multipart/form-data; boundary=X", 413),
        (form(FILE_PART), "multipart/form-data", 415),
        (form(FILE_PART), "multipart/mixed; boundary=X", 415),
        (b"{}", "application/json", 415),
    ],
)
def test_a_body_that_is_no_whole_form_is_refused(
    api: Api, cast: Cast, body: bytes, media_type: str, code: int
) -> None:
    """Whatever arrived before the fault is not kept."""
    assert refusal(send_raw(api, cast.alice, body, media_type))[0] == code
    assert names(api, cast.alice) == []


def test_a_dangerous_name_becomes_a_plain_one(api: Api, cast: Cast) -> None:
    """No path, no line break; the script stays."""
    body = form(
        'Content-Disposition: form-data; name="file"; filename="../../Ночь 夜.flac"\r\n\r\n'.encode()
        + SONG
    )
    answer = send_raw(api, cast.alice, body, "multipart/form-data; boundary=X")
    assert answer.json()["files"][0]["fileName"] == "Ночь 夜.flac"


@pytest.mark.parametrize("query", ["?limit=0", "?limit=x"])
def test_a_wrong_limit_is_refused(api: Api, cast: Cast, query: str) -> None:
    """A list has from 1 to 100 files."""
    assert refused_field(api.get(cast.alice, FILES + query)) == (400, "limit")


def test_credentials_are_judged_first(api: Api, cast: Cast) -> None:
    """Nothing of a stranger's upload is read."""
    assert refusal(api.send_files(None, ("a.flac", SONG)))[0] == 401
    assert refusal(api.get(None, FILES + "?limit=0"))[0] == 401


def test_other_methods_are_refused(api: Api, cast: Cast) -> None:
    """Files are not removed here."""
    answer = api.ask("DELETE", cast.alice, FILES)
    assert (refusal(answer)[0], answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")
