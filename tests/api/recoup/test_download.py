"""GET /api/files/{id}/{name}: opened by signed link, whole or in part, by whoever holds the link."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from backline.files.tables import files
from backline.settings import Settings
from backline.storage import open_store, sign_link
from tests.api.stage import LYRICS, SONG, Api, refusal
from tests.cast import Cast


@pytest.fixture
def link(api: Api, cast: Cast) -> str:
    """The link of an uploaded song."""
    (record,) = api.upload(cast.alice, ("Night Drive — ночь.flac", SONG))
    signed_url: str = record["signedUrl"]
    return signed_url


def test_it_opens_without_credentials(api: Api, link: str) -> None:
    """The whole file, with its type, length and name, and no guessing by the browser."""
    answer = api.get(None, link)
    assert (answer.status_code, answer.content) == (200, SONG)
    assert answer.headers["content-type"] == "audio/flac"
    assert answer.headers["content-length"] == str(len(SONG))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["content-disposition"] == (
        'inline; filename="Night Drive _ ____.flac"; '
        "filename*=UTF-8''Night%20Drive%20%E2%80%94%20%D0%BD%D0%BE%D1%87%D1%8C.flac"
    )


def test_text_says_its_encoding(api: Api, cast: Cast) -> None:
    """Lyrics of any script are shown right."""
    (record,) = api.upload(cast.alice, ("a.lrc", LYRICS))
    answer = api.get(None, record["signedUrl"])
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=2000-", 2000, 2003),
        ("bytes=-4", 2000, 2003),
    ],
)
def test_a_range_is_answered_with_that_part(
    api: Api, link: str, asked: str, first: int, last: int
) -> None:
    """206, as players ask for."""
    answer = api.get(None, link, headers={"range": asked})
    assert (answer.status_code, answer.content) == (206, SONG[first : last + 1])
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(SONG)}"
    assert answer.headers["content-length"] == str(last - first + 1)


def test_a_range_behind_the_end_is_refused(api: Api, link: str) -> None:
    """416 tells the size."""
    answer = api.get(None, link, headers={"range": f"bytes={len(SONG)}-"})
    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["content-range"] == f"bytes */{len(SONG)}"


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,5-6", "lines=1-2", "bytes=5-2", "bytes=-", "nonsense"]
)
def test_a_range_we_do_not_serve_gives_the_whole_file(api: Api, link: str, asked: str) -> None:
    """A server may pass such a header over."""
    answer = api.get(None, link, headers={"range": asked})
    assert (answer.status_code, answer.content) == (200, SONG)


def test_a_part_of_another_file_is_not_continued(api: Api, link: str) -> None:
    """If-Range names the file whose part the caller holds."""
    etag = api.get(None, link).headers["etag"]
    same = api.get(None, link, headers={"range": "bytes=5-", "if-range": etag})
    other = api.get(None, link, headers={"range": "bytes=5-", "if-range": '"older"'})
    assert (same.status_code, other.status_code) == (206, 200)


def test_a_file_that_the_caller_has_is_not_sent_again(api: Api, link: str) -> None:
    """304 to the right etag, weak or among others."""
    etag = api.get(None, link).headers["etag"]
    for known in (etag, f'"x", W/{etag}', "*"):
        answer = api.get(None, link, headers={"if-none-match": known})
        assert (answer.status_code, answer.content) == (304, b"")
    assert api.get(None, link, headers={"if-none-match": '"x"'}).status_code == 200


def test_head_tells_the_size_without_the_content(api: Api, link: str) -> None:
    """The same headers as GET, and no body."""
    head, get = api.ask("HEAD", None, link), api.get(None, link)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == get.headers


def test_an_altered_link_is_refused(api: Api, link: str) -> None:
    """Neither another file, name, expiry nor signature, and nothing left out."""
    path, _, query = link.partition("?")
    altered = [
        link + "x",
        link.replace("expires=1", "expires=2"),
        link.replace("Drive", "Dive"),
        link.replace("/file_0", "/file_1"),
        f"{path}?{query.partition('&')[0]}",
        f"{path}?{query.partition('&')[2]}",
        path,
    ]
    assert {refusal(api.get(None, one))[0] for one in altered} == {403}


def test_an_expired_link_is_refused(api: Api, link: str, settings: Settings) -> None:
    """It says so, since the signature is ours."""
    file_id = link.split("/")[5]
    old = sign_link(settings.secret, file_id, "Night Drive — ночь.flac", lifetime_seconds=-1)
    code, text = refusal(api.get(None, old))
    assert (code, "expired" in text) == (403, True)


def test_a_removed_file_is_not_found(api: Api, link: str) -> None:
    """A link may outlive its file."""
    with api.database.write() as connection:
        connection.execute(sa.delete(files))
    assert refusal(api.get(None, link))[0] == 404


def test_content_that_storage_lost_is_not_found(api: Api, link: str, settings: Settings) -> None:
    """A clear 404, not a broken download."""
    with api.database.read() as connection:
        key = connection.execute(sa.select(files.c.storage_key)).scalar_one()
    open_store(settings.storage_url).delete(key)
    assert refusal(api.get(None, link))[0] == 404


def test_other_methods_are_refused(api: Api, link: str) -> None:
    """A link opens, nothing else."""
    answer = api.ask("DELETE", None, link)
    assert (refusal(answer)[0], answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
