"""How a client speaks to a server that is slow, absent, refusing or someone else."""

from __future__ import annotations

import logging

import pytest

from backline.client import Client
from backline.errors import (
    AccessDenied,
    BacklineError,
    Conflict,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    SetupError,
    TooLarge,
    UnsupportedType,
)
from tests.client.scripted import HANG_UP, Scripted

ME = (200, b'{"status":"success","accountId":"6f1c1f2e-0000-4000-8000-000000000001"}')


def test_the_key_travels_in_its_header_alone(scripted: Scripted, client: Client) -> None:
    """A request carries the key as x-api-key, and not in the address."""
    scripted.script = [ME]
    client.account_id()
    [(_, path, headers, _)] = scripted.asked
    assert headers["x-api-key"] == "bl_sk_secret"
    assert "secret" not in path


@pytest.mark.parametrize("trouble", [(HANG_UP, b""), (502, b""), (503, b""), (504, b"")])
def test_a_broken_read_is_tried_again(
    scripted: Scripted, client: Client, trouble: tuple[int, bytes]
) -> None:
    """Two broken answers in a row do not show; the third counts."""
    scripted.script = [trouble, trouble, ME]
    assert client.account_id().startswith("6f1c")
    assert len(scripted.asked) == 3


def test_a_read_gives_up_in_the_end(scripted: Scripted, client: Client) -> None:
    """A line that stays broken is told, with what to do about it."""
    scripted.script = [(HANG_UP, b"")]
    with pytest.raises(SetupError, match=r"no answer from http://127.*backline dev"):
        client.account_id()
    assert len(scripted.asked) == 4


def test_a_trigger_is_sent_once(scripted: Scripted, client: Client) -> None:
    """What changes something is not repeated, since it may have arrived."""
    scripted.script = [(HANG_UP, b"")]
    with pytest.raises(SetupError):
        client.runs.trigger("hello-world")
    assert len(scripted.asked) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidInput),
        (401, NotAuthenticated),
        (403, AccessDenied),
        (404, NotFound),
        (409, Conflict),
        (413, TooLarge),
        (415, UnsupportedType),
        (500, BacklineError),
    ],
)
def test_a_refusal_is_raised_in_the_servers_words(
    scripted: Scripted, client: Client, status: int, kind: type[BacklineError]
) -> None:
    """Each code is its own error, and the text is the server's."""
    scripted.script = [(status, b'{"status":"error","error":"because of the weather"}')]
    with pytest.raises(kind, match="because of the weather") as raised:
        client.account_id()
    assert type(raised.value) is kind


def test_a_refused_field_is_named(scripted: Scripted, client: Client) -> None:
    """A 400 that names a field hands the name on."""
    scripted.script = [(400, b'{"status":"error","error":"no","field":"songs"}')]
    with pytest.raises(InvalidInput) as raised:
        client.account_id()
    assert raised.value.field == "songs"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"error":null}'])
def test_a_refusal_without_words_names_the_request(
    scripted: Scripted, client: Client, body: bytes
) -> None:
    """What a proxy says is not shown; what was asked is."""
    scripted.script = [(404, body)]
    with pytest.raises(NotFound, match=r"GET http://127.*/api/accounts/id answered 404"):
        client.account_id()


def test_an_answer_of_another_service_is_recognised(scripted: Scripted, client: Client) -> None:
    """A page where JSON is due leads to a hint at BACKLINE_URL."""
    scripted.script = [(200, b"<html>hello</html>")]
    with pytest.raises(BacklineError, match="BACKLINE_URL"):
        client.account_id()


def test_a_server_that_is_not_there_does_not_answer(client: Client, scripted: Scripted) -> None:
    """`answers` is False for a broken line and for a key that is not known."""
    scripted.script = [(HANG_UP, b""), (401, b"{}"), (200, b'{"runs":[]}')]
    assert [client.answers() for _ in range(3)] == [False, False, True]


def test_an_address_needs_a_scheme() -> None:
    """A forgotten http:// is refused before anything is sent."""
    with pytest.raises(SetupError, match=r"'127.0.0.1:8787' is neither"):
        Client("127.0.0.1:8787", "bl_sk_secret")


def test_keys_stay_out_of_logs_and_errors(
    scripted: Scripted, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """Even with every logger on, the key is nowhere to be read."""
    caplog.set_level(logging.DEBUG)
    scripted.script = [(500, b"{}")]
    with pytest.raises(BacklineError) as raised:
        client.account_id()
    assert "bl_sk_secret" not in caplog.text + str(raised.value)
