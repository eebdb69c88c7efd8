"""More of what a hostile command tries, beyond single walls: secrets, stores, nests, names, neighbours."""

from __future__ import annotations

import os
import shlex
import tarfile
import threading
from pathlib import Path

import pytest

from backline.errors import SetupError
from backline.sandbox.policy import HOME
from backline.sandboxing.seeds import UNPACK
from tests.sandbox.stage import SMALL, RemoteStage, Stage
from tests.sandboxing.archives import Member, file, special, write_tar

AnyStage = Stage | RemoteStage


def script(stage: AnyStage, python: str) -> str:
    """Run a Python script inside and return everything it said."""
    return stage.run("python3", arguments=["-c", python]).said


def test_the_servers_secret_and_stores_are_out_of_sight(
    stage: AnyStage, passable_folder: Path
) -> None:
    """Neither read nor written, by name or by search, though the worker has them beside it."""
    kept = passable_folder / "data"
    kept.mkdir(exist_ok=True)
    (kept / "secret").write_text("the-servers-secret")
    (kept / "backline.db").write_text("the-database")
    stage.keep("echo mine > song", sandbox="sbx_store")
    before = sorted(path.name for path in passable_folder.rglob("blobs/*"))

    said = stage.run(
        f"cat {kept}/secret {kept}/backline.db; ls {passable_folder}; "
        f"echo x > {passable_folder}/root/blobs/planted; rm -rf {passable_folder};"
        "grep -rs the-servers-secret /home /tmp /run /var /dev/shm; find / -name 'blobs' 2>/dev/null"
    ).said

    assert "the-servers-secret" not in said
    assert "the-database" not in said
    assert sorted(path.name for path in passable_folder.rglob("blobs/*")) == before
    assert (kept / "secret").exists()


@pytest.mark.parametrize(
    "path",
    [
        "/proc/1/root/root",
        "/proc/1/cwd",
        "/proc/self/root/etc/shadow",
        "/proc/1/map_files",
        "/proc/1/fd",
        "/proc/1/ns/net",
        "/sys",
        "/sys/fs/cgroup",
        "/proc/fs",
        "/proc/tty/drivers",
    ],
)
def test_proc_is_no_way_round(stage: AnyStage, path: str) -> None:
    """What the kernel offers under other names is the room's own, or nothing."""
    said = stage.run(f"ls -lL {path} 2>&1; ls {path}/root 2>&1").stdout

    assert not any(name in said for name in ("pyenv", "shadow\n", "id_rsa", "controllers"))


@pytest.mark.parametrize("number", [425, 426, 427])
def test_io_uring_is_refused_by_each_of_its_calls(stage: AnyStage, number: int) -> None:
    """Queued calls would go past the filter."""
    said = script(
        stage,
        "import ctypes, errno\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        f"libc.syscall({number}, 0, 0, 0, 0, 0, 0); print(errno.errorcode[ctypes.get_errno()])",
    )

    assert said == "EPERM\n"


@pytest.mark.parametrize("flag", ["10000000", "20000", "40000000", "20000000", "8000000", "80"])
def test_no_room_is_made_inside_a_room(stage: AnyStage, flag: str) -> None:
    """Namespaces of any kind, time included, by each of the three calls that make them."""
    said = script(
        stage,
        "import ctypes, errno, struct\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        f"flag = 0x{flag}\n"
        "def tried(*call):\n"
        "    ctypes.set_errno(0)\n"
        "    return 'made' if libc.syscall(*call) >= 0 else errno.errorcode[ctypes.get_errno()]\n"
        "fields = ctypes.create_string_buffer(struct.pack('<QQQQQQQQ', flag, 0, 0, 0, 17, 0, 0, 0))\n"
        "print(tried(272, flag), tried(435, fields, 64), 'same' if flag == 0x80 else tried(56, flag | 17, 0, 0, 0, 0))\n",
    )

    assert said in ("EPERM ENOSYS EPERM\n", "EPERM ENOSYS same\n")


@pytest.mark.parametrize("cwd", ["../../../root", "/root", "/proc/1/cwd", "/etc/../root", "~root"])
def test_a_folder_to_run_in_leads_nowhere_else(stage: AnyStage, cwd: str) -> None:
    """The caller's `cwd` is looked up inside, where there is nothing of the host."""
    said = stage.run("pwd; ls -A", cwd=cwd).said

    refused = "No such file" in said or "Permission denied" in said
    assert refused or said == "/home/user\n", said


def test_names_of_every_kind_are_listed_and_kept(stage: AnyStage) -> None:
    """Line breaks, bytes that are no text, options, the longest there are."""
    making = (
        "import os\n"
        "for name in (b'new\\nline', b'\\xff\\xfe', b'-rf', b' ', b'\\x1b[31m', b'%s%n', b'x' * 255,"
        " b'..hidden', b'quote\\'\"$(id)`id`'):\n"
        "    open(name, 'w').close()\n"
    )
    played, kept = stage.keep(f"python3 - <<'E'\n{making}E\n", sandbox="sbx_names")
    names = {file.path for file in kept.changed_files}
    there, _ = stage.keep(
        "ls -A | wc -l", sandbox="sbx_names", snapshot=kept.snapshot, elsewhere=True
    )

    assert played.exit_code == 0, played.said
    assert {"new\nline", "\\xff\\xfe", "-rf", " ", "x" * 255, "..hidden"} <= names
    assert there.stdout.strip() == "10"  # a line more, for the name with a break in it


@pytest.mark.parametrize(
    "made", ["mkfifo", "mkdir", "ln -s /dev/zero", "ln -s /proc/1/mem", "touch"]
)
def test_an_upload_replaces_what_stands_in_its_way(
    home_stage: Stage, tmp_path: Path, made: str
) -> None:
    """A pipe does not hold it up, a link leads it nowhere; a folder refuses it with a reason."""
    local = tmp_path / "song"
    local.write_text("la la")
    home_stage.keep(f"{made} song")

    with home_stage.provider.open("sbx_b", None, home_stage.blobs) as sandbox:
        from backline.sandbox import read_command

        said = bytearray()
        sandbox.run(read_command(f"{made} song", is_shell=True), lambda *_: None)
        try:
            sandbox.write({"song": local})
        except SetupError as refused:
            assert made == "mkdir"
            assert "directory" in str(refused)
            return
        sandbox.run(read_command("cat song", is_shell=True), lambda _, p: said.extend(p))
    assert said == b"la la"


HOSTILE: dict[str, list[Member]] = {
    "climbs out": [file("../../escaped")],
    "is absolute": [file("/etc/escaped")],
    "leads out by a link": [special("out", tarfile.SYMTYPE, "/etc"), file("out/escaped")],
    "follows the walls' own links": [
        special("out", tarfile.SYMTYPE, "/proc/1/root/tmp"),
        file("out/escaped"),
    ],
    "links hard to the outside": [
        special("linked", tarfile.LNKTYPE, "/etc/passwd"),
        file("linked", b"root::0:0::/:/bin/sh\n"),
    ],
    "links hard through a link": [
        special("etc", tarfile.SYMTYPE, "/etc"),
        special("linked", tarfile.LNKTYPE, "etc/passwd"),
    ],
    "holds devices": [special("disk", tarfile.BLKTYPE), special("memory", tarfile.CHRTYPE)],
    "holds set-user-id programs": [file("rooted", b"#!/bin/sh\nid -u\n", 0o6755)],
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_archive_unpacks_inside_or_not_at_all(
    stage: AnyStage, passable_folder: Path, kind: str
) -> None:
    """Whatever it holds, the host has nothing of it, no device comes to be, nobody becomes root."""
    archive = write_tar(passable_folder / "hostile.tar", HOSTILE[kind])
    archive.chmod(0o644)
    places = (Path("/"), Path("/etc"), Path("/tmp"))
    before = Path("/etc/passwd").read_bytes()

    stage.run(UNPACK[0], arguments=[*UNPACK[1:]], fed=str(archive), sandbox=f"sbx_{len(kind)}")
    played = stage.run(
        f"{shlex.join(UNPACK)}; find ~ -type b -o -type c; ~/rooted; cat /etc/passwd",
        fed=str(archive),
        sandbox=f"sbx_{len(kind)}",
    )

    assert not any((place / "escaped").exists() for place in places)
    assert Path("/etc/passwd").read_bytes() == before
    assert "root:x:0:0:root:/root:/usr/sbin/nologin" in played.stdout, "the room's own"
    assert f"{HOME}/disk" not in played.stdout
    assert f"{HOME}/memory" not in played.stdout
    assert "0\n" not in played.stdout.replace("1000\n", "").split("root:x")[0]


def test_a_bomb_next_door_is_not_felt(home_stage: Stage) -> None:
    """Processes are counted per room: a neighbour at its limit takes none of ours."""
    limits = SMALL
    done = threading.Event()

    def explode() -> None:
        home_stage.run(
            "bomb() { bomb | bomb & }; bomb; sleep 1.5", sandbox="sbx_bomb", limits=limits
        )
        done.set()

    bomber = threading.Thread(target=explode)
    bomber.start()
    played = home_stage.run(
        "for n in $(seq 30); do sleep 0.2 & done; wait; echo all started", sandbox="sbx_quiet"
    )
    bomber.join()

    assert played.stdout == "all started\n", played.stderr
    assert done.is_set()


def test_the_host_is_not_named(stage: AnyStage) -> None:
    """Neither by its own name, nor by those of its users."""
    said = stage.run("hostname; uname -n; cat /etc/passwd /etc/hosts; id").stdout

    assert os.uname().nodename not in said.split()
    assert {line.split(":")[0] for line in said.splitlines() if line.count(":") == 6} == {
        *("root", "user", "nobody"),
    }
