"""Make a vertical video from the bundled song, the way any client of backline would.

Starts backline on SQLite in a temporary folder, speaks to it over HTTP only,
follows the run, and leaves nothing behind but the video. Run it with ``make demo``.
"""

from __future__ import annotations

import os
import sys
import tempfile
from importlib.resources import as_file, files
from pathlib import Path

from backline.cli.embedded import embedded_server, log_tail
from backline.cli.follow import follow
from backline.cli.render import show_json, tell
from backline.client import Client, Run
from backline.errors import BacklineError
from backline.settings import Settings, read_settings
from backline.wire.recoup import ContentOrder

VIDEO = Path("build/demo/night-drive.mp4")


def main() -> int:
    """Run the demo. Returns 0 when there is a video to look at."""
    forget_settings()
    with tempfile.TemporaryDirectory(prefix="backline-demo-") as folder:
        # What the server and the run keep for a while goes with the folder, too.
        os.environ["TMPDIR"] = folder
        settings = read_settings(data_dir=Path(folder) / "data")
        try:
            run = make_video(settings)
        except BacklineError as trouble:
            return give_up(str(trouble), settings)
        if run.status != "COMPLETED":
            return give_up(f"run {run.id} ended {run.status}", settings)
    tell(f"\nvideo: {VIDEO} ({VIDEO.stat().st_size / 1e6:.1f} MB)")
    return 0


def give_up(reason: str, settings: Settings) -> int:
    """Say why there is no video, with what the server said last. Returns the exit code."""
    tell(f"demo: {reason}")
    if (last := log_tail(settings)) and last not in reason:
        tell(f"the server said last:\n{last}")
    return 1


def forget_settings() -> None:
    """Drop the settings of the person who calls, so that the demo touches no database of theirs."""
    for name in [name for name in os.environ if name.startswith("BACKLINE_")]:
        del os.environ[name]


def make_video(settings: Settings) -> Run:
    """Start a server, order the video, follow its run, and fetch what it made."""
    tell("starting backline on SQLite, in a temporary folder")
    with embedded_server(settings) as client:
        tell(f"server: {client.url}")
        run_id = order(client)
        tell(f"run:    {run_id}\n")
        run = follow(client, run_id)
        show_json(run)
        if run.status == "COMPLETED":
            VIDEO.parent.mkdir(parents=True, exist_ok=True)
            client.files.download(run.output["video"]["signedUrl"], VIDEO)
    return run


def order(client: Client) -> str:
    """Upload the bundled song, picture and lyrics, and ask for a video of them."""
    with as_file(files("backline.examples") / "demo") as demo:
        song = client.files.upload(demo / "night-drive.m4a")
        image = client.files.upload(demo / "night-drive.jpg")
        lyrics = (demo / "night-drive.lrc").read_text(encoding="utf-8")
    tell(f"sent:   {song.file_name}, {image.file_name} and its words")
    wanted = ContentOrder(
        artist_account_id=client.account_id(),
        songs=[song.file_id],
        images=[image.file_id],
        lyrics=lyrics,
        caption_length="short",
        seed=1,
    )
    return client.content.create(wanted).run_ids[0]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
