"""What every provider of sandboxes MUST do, tried on each that is here; what it MAY do, if it says so.

Those with ``walled`` hold only for a provider with walls.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

from backline.errors import Conflict, InvalidInput, SetupError, TooLarge
from backline.sandbox import (
    AllowedHost,
    Command,
    EmbeddedProvider,
    Finished,
    Homes,
    Limits,
    Provider,
    Sandbox,
    Snapshot,
    View,
    read_command,
)
from backline.sandbox.direct import DirectProvider
from tests.sandbox.seen import processes_with
from tests.sandbox.stage import SMALL, FolderBlobs

PROVIDERS = ("bubblewrap", "direct")


class Place:
    """A provider, another of its kind as on a second worker, and storage for both."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.blobs = FolderBlobs(folder / "blobs")
        self.provider, self.elsewhere = (_open(kind, folder / name) for name in ("here", "there"))

    @property
    def is_walled(self) -> bool:
        return self.provider.capabilities().isolation != "none"

    def keep(self, script: str, snapshot: Snapshot | None = None, name: str = "sbx_a") -> Snapshot:
        with self.provider.open(name, snapshot, self.blobs) as sandbox:
            finished, said = play(sandbox, script)
            assert finished.exit_code == 0, said
            return sandbox.save().snapshot

    def said(self, script: str, snapshot: Snapshot | None, *, elsewhere: bool = False) -> str:
        provider = self.elsewhere if elsewhere else self.provider
        with provider.open("sbx_a", snapshot, self.blobs) as sandbox:
            return play(sandbox, script)[1]


def _open(kind: str, folder: Path) -> Provider:
    return EmbeddedProvider(Homes(folder)) if kind == "bubblewrap" else DirectProvider(folder)


def play(view: View, script: str, limits: Limits = SMALL, **more: object) -> tuple[Finished, str]:
    """Run a script and return how it ended, and all that it said."""
    said = bytearray()
    command = read_command(script, is_shell=True, limits=limits)
    command = msgspec.structs.replace(command, **more)
    finished = view.run(command, lambda _, piece: said.extend(piece))
    return finished, said.decode(errors="replace")


@pytest.fixture(params=PROVIDERS)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Each provider in turn, in folders that every user can pass through."""
    folder = Path(tempfile.mkdtemp(prefix="backline-provider-"))
    folder.chmod(0o711)
    yield Place(request.param, folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def walled(place: Place) -> Place:
    """Only those with walls."""
    if not place.is_walled:
        pytest.skip("it says that it has no walls")
    return place


def test_streams_and_exit_code_are_the_commands_own(place: Place) -> None:
    """MUST: both streams whole, the code, and 128 and the number for a signal."""
    heard: dict[str, bytes] = {"stdout": b"", "stderr": b""}

    def listen(stream: str, piece: bytes) -> None:
        heard[stream] += piece

    with place.provider.open("sbx_a", None, place.blobs) as sandbox:
        ended = sandbox.run(
            read_command("echo out; echo err >&2; printf '\\377'; exit 7", is_shell=True), listen
        )
        killed, _ = play(sandbox, "kill -SEGV $$")
        missing = sandbox.run(Command(arguments=("no-such-program",)), lambda *_: None)

    assert (ended.exit_code, heard["stdout"], heard["stderr"]) == (7, b"out\n\xff", b"err\n")
    assert (ended.stdout_bytes, ended.stderr_bytes, ended.limit) == (5, 4, None)
    assert (killed.exit_code, missing.exit_code) == (139, 127)


def test_a_command_reads_what_it_is_fed(place: Place) -> None:
    """MUST: input piece by piece, and its end; a command need not read it all."""
    said = bytearray()
    with place.provider.open("sbx_a", None, place.blobs) as sandbox:
        command = read_command("wc -c; cat", is_shell=True)
        sandbox.run(command, lambda _, p: said.extend(p), fed=(b"x" * 70_000 for _ in range(3)))
        early = sandbox.run(
            read_command("true", is_shell=True), lambda *_: None, fed=[b"x" * 1_000_000]
        )

    assert said == b"210000\n"
    assert early.exit_code == 0


def test_folder_and_variables_reach_the_command(place: Place) -> None:
    """MUST: the folder below the home, the variables as they are, and nothing of the worker's."""
    os.environ["CANARY"] = "the worker's secret"
    try:
        place.keep("mkdir sub")
        with place.provider.open("sbx_a", None, place.blobs) as sandbox:
            play(sandbox, "mkdir -p sub")
            _, said = play(
                sandbox,
                'echo "${PWD#$HOME}"; env',
                cwd="/home/user/sub",
                variables={"TUNE": "it's $HOME"},
            )
    finally:
        del os.environ["CANARY"]

    assert said.startswith("/sub\n")
    assert "TUNE=it's $HOME\n" in said
    assert "CANARY" not in said


def test_a_home_comes_back_as_it_was(place: Place) -> None:
    """MUST: names, contents, modes, links and times; here and on another worker."""
    kept = place.keep(
        "echo la > song; chmod 640 song; touch -d 2001-02-03 song; ln -s song link; ln song twin;"
        "mkfifo pipe; mkdir -p deep/er; printf x > $'deep/\\xff\\n'; chmod 500 deep/er"
    )
    look = "find . -mindepth 1 -printf '%P|%y|%m|%s|%T@|%l\\n' | sort; cat song"
    here = place.said(look, kept)

    assert place.said(look, kept, elsewhere=True) == here
    assert "song|f|640|3|981158400" in here


def test_an_unchanged_home_is_not_stored_again(place: Place) -> None:
    """MUST: looking changes nothing, and what changed is told."""
    kept = place.keep("echo la > song; echo x > gone")
    with place.provider.open("sbx_a", kept, place.blobs) as sandbox:
        play(sandbox, "cat song")
        again = sandbox.save()
        play(sandbox, "echo more >> song; rm gone; touch new")
        changed = sandbox.save()

    assert (again.is_new, again.snapshot) == (False, kept)
    assert [(file.path, file.change) for file in changed.changed_files] == [
        ("gone", "deleted"),
        ("new", "added"),
        ("song", "modified"),
    ]


def test_what_was_not_saved_is_forgotten(place: Place) -> None:
    """MUST: the next one opens what the snapshot says, not what was left behind."""
    kept = place.keep("echo kept > song")
    place.said("echo lost > song", kept)

    assert place.said("cat song", kept) == "kept\n"


def test_files_are_written_below_the_home_only(place: Place, tmp_path: Path) -> None:
    """MUST: folders are made on the way; a path that leads out is refused."""
    local = tmp_path / "song"
    local.write_text("la la")
    with place.provider.open("sbx_a", None, place.blobs) as sandbox:
        sandbox.write({"a/b/song": local})
        assert play(sandbox, "cat a/b/song")[1] == "la la"
        for path in ("../out", "/etc/x", "a/../../b", "", "x" * 300):
            with pytest.raises(InvalidInput):
                sandbox.write({path: local})


def test_an_altered_snapshot_is_refused(place: Place) -> None:
    """MUST: noticed before anything is run."""
    kept = place.keep("echo la > song")
    for blob in kept.blobs:
        path = place.blobs.folder / blob
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with pytest.raises(SetupError, match="damaged"):
            place.said("cat song", kept, elsewhere=True)
        path.write_bytes(whole)


@pytest.mark.parametrize(
    ("limit", "script"),
    [
        ("duration", "trap '' TERM; sleep 1000.6 & sleep 1000.6"),
        ("output", "yes"),
        ("home", "for n in $(seq 60); do head -c 2M /dev/urandom > b$n; done; sleep 30"),
        (
            "memory",
            "for n in 1 2 3; do python3 -c 'import time; x = b\"x\" * (100 << 20); time.sleep(30)' &"
            " done; wait",
        ),
    ],
)
def test_limits_end_a_command_and_are_named(place: Place, limit: str, script: str) -> None:
    """MUST: time and output at once, memory and home size within moments."""
    duration_seconds = 1.0 if limit == "duration" else 25.0
    limits = msgspec.structs.replace(SMALL, duration_seconds=duration_seconds)
    with place.provider.open("sbx_a", None, place.blobs) as sandbox:
        finished, _ = play(sandbox, script, limits)

    assert finished.limit == limit


def test_a_home_over_its_limit_is_not_kept(place: Place) -> None:
    """MUST: also when the command was quicker than the watch."""
    limits = msgspec.structs.replace(SMALL, home_entries=5)
    with place.provider.open("sbx_a", None, place.blobs) as sandbox:
        play(sandbox, "touch 1 2 3 4 5 6 7", limits)
        with pytest.raises(TooLarge, match="not kept"):
            sandbox.save()


def test_what_a_command_leaves_running_is_ended(place: Place) -> None:
    """MUST: before `run` returns."""
    with place.provider.open("sbx_a", None, place.blobs) as sandbox:
        play(sandbox, "setsid sleep 1000.7 & nohup sleep 1000.7 & (sleep 1000.7 &)")

    assert not processes_with("1000.7")


def test_a_sandbox_is_open_once(place: Place) -> None:
    """MUST: a second opener is told, not let in."""
    with place.provider.open("sbx_a", None, place.blobs), pytest.raises(Conflict):
        place.keep("true")


def test_a_destroyed_sandbox_leaves_nothing_ready(place: Place) -> None:
    """MUST: destroying it again is no error."""
    kept = place.keep("echo la > song")
    place.provider.destroy("sbx_a")
    place.provider.destroy("sbx_a")

    assert place.said("ls", None) == ""
    assert place.said("cat song", kept) == "la\n"


def test_views_are_side_by_side_or_refused(place: Place) -> None:
    """MAY: any number of them, beside an open sandbox; none can change the home."""
    kept = place.keep("echo la > song")
    if not place.provider.capabilities().has_views:
        with (
            pytest.raises(SetupError, match="readOnly"),
            place.provider.look("sbx_a", kept, place.blobs),
        ):
            pass
        return
    with ExitStack() as stack:
        sandbox: Sandbox = stack.enter_context(place.provider.open("sbx_a", kept, place.blobs))
        views = [
            stack.enter_context(place.provider.look("sbx_a", kept, place.blobs)) for _ in range(3)
        ]
        play(sandbox, "echo changed > song")
        said = [play(view, "cat song; touch new 2>&1 | grep -c Read-only")[1] for view in views]

    assert said == ["la\n1\n"] * 3


def test_hosts_are_kept_to_or_refused(place: Place) -> None:
    """MUST: a command that names hosts reaches no other, or is not run at all."""
    hosts = (AllowedHost("example.com"),)
    script = "curl -sS -m 5 http://localhost:1/ || true"
    with place.provider.open("sbx_a", None, place.blobs) as sandbox:
        if place.provider.capabilities().has_egress:
            finished, said = play(sandbox, f"no_proxy= NO_PROXY= {script}", hosts=hosts)
            assert finished.exit_code == 0
            assert "not among the hosts" in said
        else:
            with pytest.raises(SetupError, match="hosts"):
                play(sandbox, script, hosts=hosts)


def test_two_sandboxes_never_meet(walled: Place) -> None:
    """MUST: neither files nor processes of the other are seen."""
    walled.keep("echo mine > song", name="sbx_one")
    seen: list[str] = []
    started = threading.Event()

    def listen(_stream: str, _piece: bytes) -> None:
        started.set()

    def work() -> None:
        with walled.provider.open("sbx_one", None, walled.blobs) as sandbox:
            sandbox.run(read_command("echo on; sleep 2 # sings", is_shell=True), listen)

    worker = threading.Thread(target=work)
    worker.start()
    started.wait(20)
    with walled.provider.open("sbx_two", None, walled.blobs) as sandbox:
        seen.append(
            play(sandbox, "grep -a sings /proc/[0-9]*/cmdline; find / -name song 2>/dev/null")[1]
        )
    worker.join()

    assert "mine" not in seen[0]
    assert "song" not in seen[0].replace("song 2>/dev/null", "")


def test_nothing_of_the_host_is_seen(walled: Place) -> None:
    """MUST: its programs, and no file, process or network."""
    with walled.provider.open("sbx_a", None, walled.blobs) as sandbox:
        _, said = play(
            sandbox,
            "ls -d /root /opt /srv /etc/shadow; ls -d /proc/[0-9]* | wc -l; tail -n +3 /proc/net/dev",
        )
    absent, rest = said.split("\n")[:4], said.split("\n")[4:]

    assert all("No such file" in line for line in absent)
    assert int(rest[0]) < 12
    assert [line.split(":")[0].strip() for line in rest[1:] if line] == ["lo"]


def test_a_provider_without_walls_says_so(place: Place) -> None:
    """MUST: its isolation is named, for policies that ask for more."""
    said = place.provider.capabilities()

    assert (said.isolation == "none") == isinstance(place.provider, DirectProvider)
    assert said.max_duration_seconds >= 3600
