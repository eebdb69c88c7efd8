"""The whole way with outside services: a real worker asks them for its task, and keeps their keys to itself."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.content.providers.service import FAL_KEY, MODEL, OPENAI_KEY, Answer, Service, says
from tests.live import Terminal
from tests.pictures import halves, write
from tests.sounds import click_track, write_audio


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    yield service
    service.stop()


def test_a_video_is_made_with_services_and_their_keys_stay_with_the_worker(
    service: Service, tmp_path: Path
) -> None:
    """Picture and caption come from outside; no key is in the database, the files or what is printed."""
    data = tmp_path / "data"
    data.mkdir()
    write_audio(tmp_path / "song.wav", click_track(120, 6.0)[0])
    write(tmp_path / "theirs.jpg", halves(600, 900))
    service.on("GET /f/a.jpg", Answer(200, (tmp_path / "theirs.jpg").read_bytes()))
    service.takes_jobs({"images": [{"url": f"{service.url}/f/a.jpg"}]})
    service.on("POST /v1/chat/completions", says("played this to the ceiling"))
    line = ["content", "create", "song.wav", "--clip-seconds", "5", "--json", "-o", "out.mp4"]
    settings = {
        "BACKLINE_IMAGE_PROVIDER": f"fal:{MODEL}",
        "BACKLINE_CAPTION_PROVIDER": "openai:writer",
        "BACKLINE_FAL_KEY": FAL_KEY,
        "BACKLINE_FAL_URL": service.url,
        "BACKLINE_OPENAI_KEY": OPENAI_KEY,
        "BACKLINE_OPENAI_URL": f"{service.url}/v1",
    }
    ended = Terminal(data).run(*line, cwd=tmp_path, environment=settings)
    assert ended.returncode == 0, ended.stderr
    output = json.loads(ended.stdout)["output"]
    assert output["captionText"] == "played this to the ceiling"
    assert f"The picture was made by fal:{MODEL}." in output["message"]
    assert FAL_KEY not in ended.stdout + ended.stderr
    assert OPENAI_KEY not in ended.stdout + ended.stderr
    kept = [Path(folder, name) for folder, _, names in os.walk(data) for name in names]
    assert len(kept) > 3
    for path in kept:
        content = path.read_bytes()
        assert FAL_KEY.encode() not in content
        assert OPENAI_KEY.encode() not in content
