"""Songs and pictures come within reach from storage or from a URL, and are kept for later steps."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from backline.content.supplies import bring, first_usable, keep
from backline.errors import AbortRun, FetchError, MediaError
from backline.sdk import RunFacts
from backline.testing import InlineContext, InlineFiles
from tests.sounds import tone, write_audio

ANY_SIZE = 10_000_000


@pytest.fixture
def ctx(tmp_path: Path) -> InlineContext:
    """A run with one stored song."""
    song = write_audio(tmp_path / "stored.mp3", tone(220, 1), codec="libmp3lame")
    facts = RunFacts(id="run_1", task_identifier="t", account_id="a")
    return InlineContext(facts, tmp_path, InlineFiles(tmp_path / "files", {"file_song": song}))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A web server of this machine's own that holds a song and a page."""
    folder = tmp_path / "site"
    folder.mkdir()
    write_audio(folder / "night-drive.mp3", tone(220, 1), codec="libmp3lame")
    (folder / "page.mp3").write_text("<html>not found</html>")
    monkeypatch.setenv("BACKLINE_ALLOW_PRIVATE_URLS", "1")
    handler = partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_a_stored_file_is_opened_under_its_own_id(ctx: InlineContext) -> None:
    """Nothing is copied, nothing is stored again."""
    supply = bring(ctx, "file_song", accept=["audio/*"], max_bytes=ANY_SIZE)
    assert (supply.file_name, keep(ctx, supply)) == ("stored.mp3", "file_song")
    assert ctx.files.saved == []


def test_a_song_at_a_url_is_fetched_and_kept(ctx: InlineContext, site: str) -> None:
    """A later step finds it in storage, whatever became of the URL."""
    supply = bring(ctx, f"{site}/night-drive.mp3", accept=["audio/*"], max_bytes=ANY_SIZE)
    file_id = keep(ctx, supply)
    assert [stored.file_name for stored in ctx.files.saved] == ["night-drive.mp3"]
    assert ctx.files.open(file_id).read_bytes() == supply.path.read_bytes()


def test_a_page_in_place_of_a_song_is_refused(ctx: InlineContext, site: str) -> None:
    """What a URL gives is judged by its content, not by its name."""
    with pytest.raises(FetchError, match=r"page\.mp3"):
        bring(ctx, f"{site}/page.mp3", accept=["audio/*"], max_bytes=ANY_SIZE)


def test_a_song_that_is_too_large_is_not_fetched(ctx: InlineContext, site: str) -> None:
    """The limit holds while it streams."""
    with pytest.raises(FetchError, match=r"night-drive\.mp3"):
        bring(ctx, f"{site}/night-drive.mp3", accept=["audio/*"], max_bytes=1000)


def test_the_first_usable_wins_and_the_others_are_told_of() -> None:
    """Reasons are told in order; later ones are not even tried."""
    told: list[str] = []

    def use(name: str) -> str:
        if name != "good":
            raise MediaError(f"{name} is bad")
        return name

    assert first_usable(["a", "b", "good", "c"], use, told.append) == "good"
    assert told == ["left out: a is bad", "left out: b is bad"]


def test_when_none_is_usable_the_last_reason_is_raised() -> None:
    """A single one is not told of twice."""
    told: list[str] = []

    def use(name: str) -> str:
        raise MediaError(f"{name} is bad")

    with pytest.raises(AbortRun, match="a is bad"):
        first_usable(["a"], use, told.append)
    assert told == []


@pytest.mark.parametrize("names", [["down", "bad"], ["bad", "down"]])
def test_what_may_pass_is_raised_before_what_stays(names: list[str]) -> None:
    """A server that is down for a minute makes the run be tried again, whatever else was refused."""

    def use(name: str) -> str:
        raise FetchError("it is down") if name == "down" else MediaError("it is bad")

    with pytest.raises(FetchError, match="it is down") as failed:
        first_usable(names, use, lambda _: None)
    assert not failed.value.permanent


def test_the_next_one_is_tried_when_a_server_is_down() -> None:
    """One that can be had now is better than one that may be had later."""

    def use(name: str) -> str:
        if name == "down":
            raise FetchError("it is down")
        return name

    assert first_usable(["down", "good"], use, lambda _: None) == "good"
