"""What homes are laid out with: files, archives and repositories, honest and hostile."""

from __future__ import annotations

import os
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from backline.errors import AbortRun, FetchError
from backline.sandboxing import tasks
from backline.sandboxing.seeds import repository_name
from tests.fetch.web import Web, answer, redirect
from tests.sandboxing.archives import Member, file, special, write_tar, write_zip
from tests.sandboxing.studio import Studio

LIST = "find . -mindepth 1 -printf '%P %y %m %l\\n' | grep -v '^.local\\|^files d\\|^README' | sort"


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """A web on this machine, which tasks may fetch from in this test."""
    monkeypatch.setenv("BACKLINE_ALLOW_PRIVATE_URLS", "1")
    opened = Web()
    yield opened
    opened.stop()


def seeded(studio: Studio, archive: Path) -> str:
    """Lay the home out with an uploaded archive, and list what is in it."""
    studio.files["file_seed"] = archive
    studio.set_up(archiveUrl="file_seed")
    said: str = studio.run(LIST)["stdout"]
    return said


def test_setup_makes_a_home_and_can_be_repeated(studio: Studio) -> None:
    """What an account changed stays as it is."""
    first = studio.set_up()
    studio.run("echo mine > README.md; rm -r files")
    again = studio.set_up()

    assert {"README.md"} <= {each["path"] for each in first["changedFiles"]}
    assert studio.run("cat README.md; ls -d files")["stdout"] == "mine\nfiles\n"
    assert first["sandboxId"] == again["sandboxId"]
    assert first["snapshotId"] != again["snapshotId"]


def test_uploaded_files_lie_in_files(studio: Studio, tmp_path: Path) -> None:
    """Under their own names."""
    song = tmp_path / "night drive.wav"
    song.write_text("la la")
    studio.files["file_song"] = song
    studio.set_up(files=["file_song"])

    assert studio.run("cat 'files/night drive.wav'")["stdout"] == "la la"


@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
def test_an_archive_from_the_web_is_unpacked(
    studio: Studio, web: Web, tmp_path: Path, kind: str
) -> None:
    """Into the home itself."""
    path = tmp_path / "demo"
    if kind == "zip":
        write_zip(path, {"demo/song.txt": b"la la"})
    else:
        write_tar(path, [file("demo/song.txt", b"la la")], "w:gz")
    web.pages["/demo"] = answer(200, path.read_bytes())
    studio.set_up(archiveUrl=f"{web.url}/demo")

    assert studio.run("cat demo/song.txt; stat -c %a demo/song.txt")["stdout"] == "la la644\n"


def test_an_archive_of_the_hosts_own_network_is_not_fetched(studio: Studio) -> None:
    """The same rules as for songs: no loopback, no metadata server."""
    for url in (
        "http://127.0.0.1:8000/a.tar",
        "http://169.254.169.254/a.tar",
        "file:///etc/passwd",
    ):
        with pytest.raises((FetchError, AbortRun)):
            studio.set_up(archiveUrl=url)


def test_links_and_modes_of_an_archive_are_kept_and_lead_nowhere(
    studio: Studio, tmp_path: Path
) -> None:
    """Set-user-id bits are taken away; links stay, and act inside only."""
    listed = seeded(
        studio,
        write_tar(
            tmp_path / "a.tar",
            [
                file("tool", mode=0o6755),
                special("passwd", tarfile.SYMTYPE, "/etc/passwd"),
                special("up", tarfile.SYMTYPE, "../../.."),
                file("twin"),
                special("link", tarfile.LNKTYPE, "twin"),
                special("pipe", tarfile.FIFOTYPE),
            ],
        ),
    )

    assert listed.splitlines() == [
        *("link f 644 ", "passwd l 777 /etc/passwd", "pipe p 644 ", "tool f 755 "),
        *("twin f 644 ", "up l 777 ../../.."),
    ]
    assert "root:x:0:0:root:/root:/usr/sbin/nologin" in studio.run("cat passwd")["stdout"]


HOSTILE: dict[str, list[Member]] = {
    "climbs out": [file("../../escaped")],
    "is absolute": [file("/etc/escaped")],
    "leads out by a link": [
        special("out", tarfile.SYMTYPE, "/etc"),
        file("out/escaped"),
    ],
    "leads out by a chain": [
        special("a", tarfile.SYMTYPE, "."),
        special("a/b", tarfile.SYMTYPE, ".."),
        special("a/b/c", tarfile.SYMTYPE, "../../../../.."),
        file("a/b/c/escaped"),
    ],
    "links hard to the outside": [
        special("shadow", tarfile.LNKTYPE, "/etc/passwd"),
        file("shadow", b"root::0:0::/:/bin/sh\n"),
    ],
    "is a device": [special("disk", tarfile.BLKTYPE), special("mem", tarfile.CHRTYPE)],
    "has very long names": [file("d/" * 2200 + "f")],
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_archive_is_contained(studio: Studio, tmp_path: Path, kind: str) -> None:
    """It fails with tar's own words, or lands in the home; the host is as it was either way."""
    studio.set_up()
    before = (
        Path("/etc/passwd").read_bytes(),
        sorted(Path("/etc").iterdir()),
        sorted(Path("/").iterdir()),
    )
    try:
        seeded(studio, write_tar(tmp_path / "a.tar", HOSTILE[kind]))
    except AbortRun as refused:
        assert "could not be unpacked" in str(refused)

    assert (
        Path("/etc/passwd").read_bytes(),
        sorted(Path("/etc").iterdir()),
        sorted(Path("/").iterdir()),
    ) == before
    homes = [path.parts.index("home") for path in studio.folder.rglob("escaped")]
    assert all(homes), "what was called /etc/escaped lies in the home"
    assert (
        studio.run("find / -xdev -name disk -type b 2>/dev/null; echo fine")["stdout"] == "fine\n"
    )


def test_a_failed_seed_leaves_the_home_as_it_was(studio: Studio, tmp_path: Path) -> None:
    """What came before the failure is not kept either."""
    studio.run("echo mine > song.txt")
    with pytest.raises(AbortRun, match="could not be unpacked"):
        seeded(
            studio,
            write_tar(tmp_path / "a.tar", [file("song.txt", b"theirs"), *HOSTILE["is a device"]]),
        )

    assert studio.run("cat song.txt; ls")["stdout"] == "mine\nsong.txt\n"


def test_an_archive_that_is_none_is_refused(studio: Studio, tmp_path: Path) -> None:
    """The message says what is taken."""
    path = tmp_path / "song.mp3"
    path.write_bytes(b"ID3")

    with pytest.raises(AbortRun, match=r"song\.mp3 is no archive"):
        seeded(studio, path)


@pytest.mark.parametrize(
    ("path", "name"),
    [("/owner/name.git", "name"), ("/owner/name/", "name"), ("/a/b/c.d-e_f", "c.d-e_f")],
)
def test_a_repository_is_named_by_its_url(path: str, name: str) -> None:
    """As git itself would name it."""
    assert repository_name(path) == name


@pytest.mark.parametrize("path", ["", "/", "/..", "/a/..git", "/a/-x", "/a/b c", "/a/" + "x" * 200])
def test_a_url_without_a_name_is_refused(path: str) -> None:
    """No folder of that name could be made."""
    with pytest.raises(AbortRun, match="name of a repository"):
        repository_name(path)


class Forge(BaseHTTPRequestHandler):
    """Serves the repositories of a folder by git's own program for that."""

    folder = Path()

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        environment = {
            "GIT_PROJECT_ROOT": str(self.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        backend = ["git", "-c", "safe.directory=*", "http-backend"]
        said = subprocess.run(
            backend, env=os.environ | environment, input=body, capture_output=True, check=True
        )
        head, _, content = said.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_words: object) -> None:
        pass


@pytest.fixture
def forge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a repository with two commits, on this machine."""
    monkeypatch.setenv("BACKLINE_ALLOW_PRIVATE_URLS", "1")
    work = tmp_path / "forge" / "songs"
    work.mkdir(parents=True)
    for words in (
        ["init", "--quiet", "--initial-branch=main"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "1", "--allow-empty"],
    ):
        subprocess.run(["git", *words], cwd=work, check=True)
    (work / "song.txt").write_text("la la\n")
    for words in (
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "2"],
    ):
        subprocess.run(["git", *words], cwd=work, check=True)
    monkeypatch.setattr(Forge, "folder", work.parent)
    with ThreadingHTTPServer(("127.0.0.1", 0), Forge) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://localhost:{server.server_port}/songs/.git"
        server.shutdown()
        thread.join()


@pytest.fixture
def neighbourly(studio: Studio) -> Studio:
    """A studio whose sandboxes may reach servers of this machine, if they are named."""
    studio.settings = msgspec.structs.replace(studio.settings, allow_private_urls=True)
    return studio


def link_to(forge: str, tmp_path: Path) -> str:
    """Give the repository a URL that ends in its name."""
    (tmp_path / "forge" / "demo.git").symlink_to(tmp_path / "forge" / "songs" / ".git")
    return forge.replace("/songs/.git", "/demo.git")


def test_a_repository_is_cloned(neighbourly: Studio, forge: str, tmp_path: Path) -> None:
    """Its newest commit, into a folder of its name, and once."""
    url = link_to(forge, tmp_path)
    neighbourly.set_up(gitUrl=url)
    seen = neighbourly.run("cd demo && cat song.txt && git log --format=%s && git remote -v")
    neighbourly.run("echo changed > demo/song.txt")
    neighbourly.set_up(gitUrl=url)

    assert seen["stdout"].startswith(f"la la\n2\norigin\t{url}")
    assert neighbourly.run("cat demo/song.txt")["stdout"] == "changed\n"


def test_what_a_repository_points_to_is_not_brought(
    neighbourly: Studio, forge: str, tmp_path: Path
) -> None:
    """Submodules of any kind of URL stay empty, links lead nowhere, and nothing of it is run."""
    work = tmp_path / "forge" / "songs"
    (work / ".gitmodules").write_text(
        '[submodule "a"]\n\tpath = theirs\n\turl = ext::sh -c touch% ~/was-run\n'
        '[submodule "b"]\n\tpath = mine\n\turl = file:///etc\n'
    )
    (work / "outside").symlink_to("/etc/shadow")
    (work / ".gitattributes").write_text("*.txt filter=lfs\n")
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=work, capture_output=True, text=True, check=True
    ).stdout.strip()
    for words in (
        ["add", "."],
        *(
            ["update-index", "--add", "--cacheinfo", f"160000,{head},{at}"]
            for at in ("theirs", "mine")
        ),
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "3"],
    ):
        subprocess.run(["git", *words], cwd=work, check=True)
    neighbourly.set_up(gitUrl=link_to(forge, tmp_path))
    seen = neighbourly.run("ls -A ~/demo/theirs ~/demo/mine; cat demo/outside; ls was-run")

    assert seen["stdout"].split() == ["/home/user/demo/mine:", "/home/user/demo/theirs:"]
    assert seen["stderr"].count("No such file") == 2


def test_nothing_of_the_accounts_runs_while_git_may_go_out(
    neighbourly: Studio, forge: str, tmp_path: Path
) -> None:
    """Settings, hooks, templates and a program called git in the home have no say."""
    neighbourly.run(
        "mkdir -p .local/bin hooks templates/hooks .config/git .git;"
        "for f in .local/bin/git .local/bin/git-remote-http hooks/post-checkout"
        " templates/hooks/post-checkout; do"
        " printf '#!/bin/sh\\ntouch ~/was-run' > $f; chmod +x $f; done;"
        "git=/usr/bin/git; $git config --global core.hooksPath ~/hooks;"
        "$git config --global init.templateDir ~/templates;"
        "$git config --global credential.helper '!touch ~/was-run'; cp .gitconfig .config/git/config;"
        "rm .local/bin/git-remote-http"
    )
    neighbourly.set_up(gitUrl=link_to(forge, tmp_path))

    assert neighbourly.run("cat demo/song.txt; ls was-run")["stdout"] == "la la\n"


@pytest.mark.parametrize(
    "url",
    [
        *("file:///etc", "ext::sh -c id", "ssh://git@localhost/a.git", "git://localhost/a.git"),
        *("https://user:token@localhost/a.git", "http://localhost:1/a.git", "/etc/a.git"),
    ],
)
def test_other_ways_to_a_repository_are_refused(studio: Studio, url: str) -> None:
    """Neither the worker's files, nor a shell, nor a login, nor the host's own network."""
    with pytest.raises(AbortRun) as refused:
        studio.set_up(gitUrl=url)

    assert "token" not in str(refused.value)


def test_a_repository_of_a_private_network_is_refused(
    studio: Studio, forge: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy looks its host up, and finds this machine."""
    monkeypatch.delenv("BACKLINE_ALLOW_PRIVATE_URLS")
    monkeypatch.setattr("backline.fetch.url.PORTS", frozenset(range(1, 65_536)))

    with pytest.raises(AbortRun, match=r"could not be cloned .*localhost has a loopback address"):
        studio.set_up(gitUrl=link_to(forge, tmp_path))


def test_a_redirect_to_another_host_is_not_followed(
    neighbourly: Studio, web: Web, forge: str
) -> None:
    """What was asked for is one host; where it points is another."""
    web.pages["/demo.git/info/refs"] = redirect(forge + "/info/refs?service=git-upload-pack")

    with pytest.raises(AbortRun, match=r"could not be cloned .*is not among the hosts"):
        neighbourly.set_up(gitUrl=f"{web.url}/demo.git")


def test_a_command_may_reach_the_hosts_of_the_setting(neighbourly: Studio, web: Web) -> None:
    """And whom it may not is told in the run's log."""
    web.pages["/song"] = answer(200, b"la la")
    neighbourly.settings = msgspec.structs.replace(
        neighbourly.settings, sandbox_hosts=(f"localhost:{web.port}",)
    )
    script = f"curl -sS --noproxy '' http://localhost:{web.port}/song; curl -sS http://example.com/"
    ended = neighbourly.perform(tasks.run_sandbox_command, {"command": script, "shell": True})

    assert ended.output["stdout"].startswith("la la")
    assert "example.com:80 is not among" in ended.output["stdout"]
    assert ("log", "network: example.com:80 is not among the hosts that sandboxes may use") in [
        (stream, text.rstrip("\n")) for stream, text in ended.said
    ]
