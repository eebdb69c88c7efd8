"""`backline sandbox` with a way out, beside a real server and worker: allowed hosts, and seeds of the web."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fetch.web import Web, answer
from tests.live import Terminal, live_server
from tests.sandboxing.archives import file, write_tar


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    """A web on this machine."""
    opened = Web()
    yield opened
    opened.stop()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, web: Web) -> Iterator[Terminal]:
    """A terminal beside a server whose sandboxes may reach that web, and nobody else."""
    homes = Path(tempfile.mkdtemp(prefix="backline-homes-"))
    homes.chmod(0o711)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BACKLINE_SANDBOX_DIR", str(homes))
        patch.setenv("BACKLINE_SANDBOX_ALLOWED_HOSTS", f"localhost:{web.port}, musicbrainz.org")
        patch.setenv("BACKLINE_ALLOW_PRIVATE_URLS", "1")
        with live_server(tmp_path_factory.mktemp("network")) as terminal:
            yield terminal
    shutil.rmtree(homes, ignore_errors=True)


def test_a_command_reaches_the_allowed_host_and_no_other(live: Terminal, web: Web) -> None:
    """And the run's log tells whom it was not let out to."""
    web.pages["/song"] = answer(200, b"la la")
    asking = f"curl -sS --noproxy '' http://localhost:{web.port}/song; curl -sS http://example.com/"
    ended = live.json("sandbox", "run", asking)
    output = ended["output"]
    assert isinstance(output, dict)

    assert output["stdout"].startswith("la la")
    assert "example.com:80 is not among the hosts" in output["stdout"]
    told = live.run("runs", "logs", str(ended["id"]))
    assert "network: example.com:80 is not among the hosts" in told.stdout


def test_a_home_begins_with_an_archive_of_the_web(live: Terminal, web: Web, tmp_path: Path) -> None:
    """`--archive` fetches it, and unpacks it inside."""
    path = write_tar(tmp_path / "demo.tgz", [file("demo/song.txt", b"la la")], "w:gz")
    web.pages["/demo.tgz"] = answer(200, path.read_bytes())
    ended = live.run("sandbox", "setup", "--archive", f"{web.url}/demo.tgz")

    assert ended.returncode == 0, ended.stderr
    assert live.run("sandbox", "read", "demo/song.txt").stdout == "la la"


def test_a_seed_that_fails_is_told(live: Terminal, web: Web) -> None:
    """With the URL and the reason, and exit code 1."""
    web.pages["/none"] = answer(200, b"not an archive")
    ended = live.run("sandbox", "setup", "--archive", f"{web.url}/none")

    assert ended.returncode == 1
    assert "none is no archive that can be unpacked" in ended.stderr
