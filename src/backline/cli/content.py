"""Content: a song and a picture in, a short vertical video out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter, validators

from backline.cli.embedded import embedded_server
from backline.cli.follow import follow
from backline.cli.options import Data, Json
from backline.cli.reach import find_client
from backline.cli.render import show, show_json, show_table, tell
from backline.cli.runs import exit_code
from backline.client import Client, Run
from backline.errors import BacklineError, InvalidInput, SetupError
from backline.ids import RunId
from backline.settings import read_settings
from backline.wire.recoup import ContentOrder

app = App(name="content", help="Turn songs into short vertical videos.")

DEFAULT_TEMPLATE = "artist-caption-bedroom"
_REMOTE = ("http://", "https://", "file_")


def _present(_kind: object, media: str | None) -> None:
    """Refuse a path at which no file lies; URLs and file ids are the server's to judge."""
    if media is None or media.startswith(_REMOTE):
        return
    if not Path(media).expanduser().is_file():
        raise ValueError("No such file: give a file, a URL, or the id of an uploaded file.")


def _writable(_kind: object, path: Path | None) -> None:
    if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
        raise ValueError("Give a file in a folder that exists.")


Media = Annotated[str, Parameter(validator=_present)]


@app.command
def create(
    song: Annotated[Media, Parameter(help="Song: a file, a URL, or the id of an uploaded file.")],
    /,
    *,
    image: Annotated[
        Media | None, Parameter(help="Picture: a file, a URL, or the id of an uploaded file.")
    ] = None,
    template: Annotated[
        str, Parameter(help="Look of the video; see `backline content templates`.")
    ] = DEFAULT_TEMPLATE,
    caption: Annotated[str | None, Parameter(help="Write exactly this on the video.")] = None,
    caption_length: Annotated[
        Literal["none", "short", "medium", "long"],
        Parameter(help="How much to write, when no caption is given."),
    ] = "short",
    caption_mode: Annotated[
        Literal["still", "lines", "karaoke"],
        Parameter(
            help="A caption that stands still, or the song's own words as they are sung: line by"
            " line, or word by word. They need timed lyrics."
        ),
    ] = "still",
    lipsync: Annotated[
        bool,
        Parameter(
            negative="",
            show_default=False,
            help="Let the mouth of the portrait follow the voice, where that can be done well.",
        ),
    ] = False,
    aspect_ratio: Annotated[
        Literal["9:16", "4:5", "1:1"],
        Parameter(help="Shape of the video: upright, nearly square, or square."),
    ] = "9:16",
    upscale: Annotated[
        bool,
        Parameter(
            negative="",
            show_default=False,
            help="Make it 1440 pixels wide instead of 1080.",
        ),
    ] = False,
    release_date: Annotated[
        str | None,
        Parameter(
            help="When the song comes out, as YYYY-MM-DD, YYYY-MM or YYYY. Default: the song's tags.",
            show_default=False,
        ),
    ] = None,
    hear_words: Annotated[
        bool,
        Parameter(
            negative="",
            show_default=False,
            help="Let a net hear the words when no timed lyrics are there. English; needs backline[asr].",
        ),
    ] = False,
    lyrics: Annotated[
        Path | None,
        Parameter(
            help="Timed lyrics, as .lrc. Default: the .lrc of the song's name beside it.",
            validator=validators.Path(exists=True, dir_okay=False),
            show_default=False,
        ),
    ] = None,
    clip_start: Annotated[
        float | None,
        Parameter(
            help="Where in the song the video begins, in seconds. Default: chosen by listening.",
            validator=validators.Number(gte=0),
            show_default=False,
        ),
    ] = None,
    clip_seconds: Annotated[
        float | None,
        Parameter(
            help="Length of the video, 5 to 60 seconds. Default: 15.",
            validator=validators.Number(gte=5, lte=60),
            show_default=False,
        ),
    ] = None,
    artist: Annotated[
        str | None, Parameter(help="Id of the artist whose video it is. Default: yourself.")
    ] = None,
    seed: Annotated[
        int | None, Parameter(help="A number; the same one gives the same video again.")
    ] = None,
    out: Annotated[
        Path | None,
        Parameter(
            name=["--out", "-o"],
            help="Where to put the video. Default: SONG-video.mp4, here.",
            validator=_writable,
            show_default=False,
        ),
    ] = None,
    json: Json = False,
    data: Data = None,
) -> int:
    """Make a short vertical video from a song.

    Uses the server that BACKLINE_URL names or that runs on this data
    directory; without one it starts its own, and stops it at the end.
    """
    path = out or Path(f"{_stem(song)}-video.mp4")
    with _server(data) as client:
        order = ContentOrder(
            artist_account_id=artist or client.account_id(),
            songs=[_bring(client, song, artist)],
            images=[] if image is None else [_bring(client, image, artist)],
            lyrics=_words(song, lyrics),
            template=template,
            caption=caption,
            caption_length=caption_length,
            caption_mode=caption_mode,
            hear_words=hear_words,
            lipsync=lipsync,
            aspect_ratio=aspect_ratio,
            upscale=upscale,
            release_date=release_date,
            clip_start=clip_start,
            clip_seconds=clip_seconds,
            seed=seed,
        )
        [run_id] = client.content.create(order).run_ids
        tell(f"run {run_id}")
        with suppress(SetupError):
            return _deliver(client, run_id, path, json)
    # The server was another command's own and went with it. The run is kept, and goes on with us.
    with _server(data) as client:
        return _deliver(client, run_id, path, json)


@app.command
def templates(*, json: Json = False, data: Data = None) -> None:
    """List the looks that a video can have."""
    with _server(data) as client:
        found = client.content.templates()
    if json:
        show_json(found)
    else:
        show_table(
            ("template", "made for", "look, and what it does otherwise"),
            [
                (look.id, " or ".join(look.needs), f"{look.description}; {look.without}")
                for look in found
            ],
        )


@contextmanager
def _server(data: Path | None) -> Iterator[Client]:
    """Speak to the server that runs, or to one of our own for as long as we need it."""
    client = find_client(data)
    if client is not None:
        with client:
            yield client
        return
    tell("no server is running: starting one for this command")
    with embedded_server(read_settings(data_dir=data)) as own:
        yield own


def _bring(client: Client, media: str, artist: str | None) -> str:
    """Return what the server knows the song or picture by; a file on this machine is sent there."""
    if media.startswith(_REMOTE):
        return media
    return client.files.upload(Path(media).expanduser(), account_id=artist).file_id


def _words(song: str, given: Path | None) -> str | None:
    path = given
    if path is None and not song.startswith(_REMOTE):
        path = Path(song).expanduser().with_suffix(".lrc")
    if path is None or not path.is_file():
        return None
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(f"{path} is not UTF-8 text: save the lyrics as UTF-8") from None


def _deliver(client: Client, run_id: RunId, path: Path, json: bool) -> int:
    """Follow the run, bring its video to ``path``, and show what came of it; gives the exit code."""
    run = follow(client, run_id)
    if run.status == "COMPLETED":
        client.files.download(_link(run), path)
    if json:
        show_json(run)
    elif run.status == "COMPLETED":
        show(str(path))
    return exit_code(run)


def _link(run: Run) -> str:
    try:
        return str(run.output["video"]["signedUrl"])
    except (TypeError, KeyError):
        raise BacklineError(f"run {run.id} completed without a video in its output") from None


def _stem(song: str) -> str:
    """Return a song's bare name: ``night-drive`` of ``music/night-drive.m4a``, or of a URL."""
    from urllib.parse import unquote, urlsplit

    last = unquote(urlsplit(song).path) if song.startswith("http") else song
    return Path(last).stem or "video"
