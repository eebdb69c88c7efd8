"""Homes that are remembered: kept, brought back elsewhere, told apart, and never led astray."""

from __future__ import annotations

import fcntl
import os
import shutil
import threading
import time
from pathlib import Path

import pytest

from backline.errors import Conflict, InvalidInput, NotFound, SetupError, TooLarge
from backline.sandbox import Homes, home, read_command
from backline.sandbox.reading import index_of, read_file
from tests.sandbox.stage import RemoteStage, Stage

AnyStage = Stage | RemoteStage

ODD = r"""
echo text > plain; echo secret > locked; chmod 000 locked
mkdir -p deep/er; echo x > deep/er/f; chmod 555 deep/er; chmod 000 deep
ln -s /etc/passwd absolute; ln -s ../../.. up; ln -s nowhere dangling
ln plain twin; mkfifo pipe; printf q > $'new\nline'; printf q > $'\xff\xfe'; printf q > -- -rf
touch -d '2001-02-03 04:05:06.789' plain; chmod 4755 twin; truncate -s 1M holes; mkdir empty
"""
LOOK = r"""
find . -mindepth 1 -printf '%P|%y|%m|%s|%T@|%l|%n\n' 2>&1 | sort; cat plain
chmod 600 locked; cat locked; chmod 000 locked
"""


def test_a_home_comes_back_elsewhere_as_it_was(stage: AnyStage) -> None:
    """Names, contents, modes, links and times are the same on another worker."""
    _, kept = stage.keep(ODD, sandbox="sbx_odd")
    here = stage.run(LOOK, sandbox="sbx_odd", snapshot=kept.snapshot).stdout
    there, _ = stage.keep(LOOK, sandbox="sbx_odd", snapshot=kept.snapshot, elsewhere=True)

    assert there.stdout == here
    assert "secret" in here
    assert "absolute|l|777|11|" in here


def test_a_home_grows_by_layers_that_hold_what_changed(stage: AnyStage) -> None:
    """Adding, altering and removing files over several commands is brought back rightly."""
    name = "sbx_layers"
    _, kept = stage.keep("mkdir a; for n in $(seq 40); do echo $n > a/$n; done", sandbox=name)
    for change in ("echo new > a/1", "rm a/2; mkdir a/2; touch a/2/in", "rm -r a/3 a/4; mv a/5 b"):
        _, kept = stage.keep(change, sandbox=name, snapshot=kept.snapshot)
    here, _ = stage.keep(
        "find . -type f | sort | xargs grep ''", sandbox=name, snapshot=kept.snapshot
    )
    there, _ = stage.keep(
        "find . -type f | sort | xargs grep ''",
        sandbox=name,
        snapshot=kept.snapshot,
        elsewhere=True,
    )

    assert there.stdout == here.stdout
    assert "a/1:new" in there.stdout
    assert len(kept.snapshot.blobs) == 5  # the index, and four layers


def test_many_layers_are_melted_into_one(home_stage: Stage) -> None:
    """A home is never brought back from more than a dozen archives."""
    _, kept = home_stage.keep("head -c 8M /dev/urandom > base")
    sizes = []
    for number in range(14):
        _, kept = home_stage.keep(f"echo {number} >> log", snapshot=kept.snapshot)
        sizes.append(len(kept.snapshot.blobs))

    assert max(sizes) <= 13
    assert min(sizes[1:]) < max(sizes)


def test_an_unchanged_home_is_not_stored_again(stage: AnyStage) -> None:
    """A command that only looks keeps the snapshot as it is."""
    _, kept = stage.keep("echo x > f", sandbox="sbx_same")
    _, again = stage.keep("cat f", sandbox="sbx_same", snapshot=kept.snapshot)

    assert not again.is_new
    assert again.snapshot == kept.snapshot


def test_changed_files_are_told(stage: AnyStage) -> None:
    """Each file that a command made, altered or removed is named, whatever it did to the times."""
    _, kept = stage.keep("echo 1 > old; echo 2 > gone; echo 3 > same", sandbox="sbx_told")
    _, kept = stage.keep(
        "touch -r old ref; echo 9 > old; touch -r ref old; rm gone ref; echo 4 > fresh",
        sandbox="sbx_told",
        snapshot=kept.snapshot,
    )

    assert [(file.path, file.change) for file in kept.changed_files] == [
        ("fresh", "added"),
        ("gone", "deleted"),
        ("old", "modified"),
    ]


def test_links_to_the_old_root_make_nothing_on_the_host(stage: AnyStage) -> None:
    """What bubblewrap would follow while it sets up is below the home, where it is given nothing."""
    _, kept = stage.keep(
        "ln -s /oldroot/tmp a; ln -s /newroot b; ln -s /oldroot/etc .local; ln -s / home",
        sandbox="sbx_links",
    )
    before = set(Path("/tmp").iterdir())
    stage.keep("ls a/ b/ .local/; touch a/made", sandbox="sbx_links", snapshot=kept.snapshot)

    assert not Path("/tmp/made").exists()
    assert not Path("/etc/made").exists()
    assert {path.name for path in set(Path("/tmp").iterdir()) - before} & {"made", "bin"} == set()


@pytest.mark.parametrize("which", ["index", "layer"])
def test_a_damaged_snapshot_is_refused(home_stage: Stage, which: str) -> None:
    """A blob that is not what its name says is noticed before anything is unpacked."""
    _, kept = home_stage.keep("echo mine > f")
    digest = kept.snapshot.blobs[0 if which == "index" else 1]
    path = home_stage.blobs.folder / digest
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)

    with pytest.raises(SetupError, match="damaged"):
        home_stage.keep("cat f", snapshot=kept.snapshot, elsewhere=True)


def test_a_lost_snapshot_is_said_to_be_lost(home_stage: Stage) -> None:
    """A blob that storage does not have is an error, not an empty home."""
    _, kept = home_stage.keep("echo mine > f")
    for blob in kept.snapshot.blobs:
        (home_stage.blobs.folder / blob).unlink()

    with pytest.raises(NotFound):
        home_stage.keep("ls", snapshot=kept.snapshot, elsewhere=True)


def test_a_home_that_was_left_in_the_middle_is_made_anew(home_stage: Stage) -> None:
    """What a run did that was not kept is not there for the next one."""
    _, kept = home_stage.keep("echo kept > f")
    home_stage.run("echo lost > f; touch g", snapshot=kept.snapshot)

    played, _ = home_stage.keep("cat f; ls", snapshot=kept.snapshot)

    assert played.stdout == "kept\nf\n"


def test_a_path_too_long_to_come_back_is_refused(home_stage: Stage) -> None:
    """The message says what to remove; the earlier snapshot stays."""
    chain = "import os\nfor _ in range(45): os.mkdir('d' * 100); os.chdir('d' * 100)\n"

    with pytest.raises(TooLarge, match="remove ddd"):
        home_stage.keep(f'python3 -c "{chain}"')


def test_a_home_can_be_open_once_at_a_time(home_stage: Stage) -> None:
    """A second process is refused while the first has it."""
    with home_stage.provider.open("sbx_a", None, home_stage.blobs), pytest.raises(Conflict):
        home_stage.run("true")


def test_copies_for_readers_are_not_heaped_up(home_stage: Stage) -> None:
    """One is kept for each snapshot that is being read, and one for the newest."""
    homes = home_stage.folder / "here" / "homes"
    snapshot, said = None, bytearray()
    for number in range(3):
        _, kept = home_stage.keep(f"echo {number} > song", snapshot=snapshot)
        snapshot = kept.snapshot
        with home_stage.provider.look("sbx_a", snapshot, home_stage.blobs) as view:
            view.run(read_command("cat song"), lambda _, piece: said.extend(piece))

    assert said == b"0\n1\n2\n"
    assert len(list(homes.glob("sbx_a@*"))) == 1
    assert len(list((home_stage.folder / "here" / "users").iterdir())) in (0, 2)


def test_homes_that_nobody_uses_are_removed(home_stage: Stage) -> None:
    """After a week, or when there are too many; one that is open stays."""
    folder = home_stage.folder / "here"
    homes = Homes(folder)
    week_ago = time.time() - 8 * 24 * 3600
    for number, name in enumerate(("sbx_old", "sbx_idle", "sbx_new", "sbx_open")):
        home_stage.run("touch mine", sandbox=name)
        used = week_ago if name in ("sbx_old", "sbx_open") else time.time() - 100 + number
        os.utime(folder / "homes" / name / "lock", (used, used))

    with homes.open("sbx_open"):
        os.utime(folder / "homes" / "sbx_open" / "lock", (week_ago, week_ago))
        homes.tidy(keep=3)
        left = sorted(path.name for path in (folder / "homes").iterdir())
        homes.tidy(keep=1)
        fewer = sorted(path.name for path in (folder / "homes").iterdir())

    assert left == ["sbx_idle", "sbx_new", "sbx_open"]
    assert fewer == ["sbx_open"], "what is in use counts as used last"


def test_who_waited_for_a_removed_home_gets_one_that_is_there(tmp_path: Path) -> None:
    """A lock on a folder that is gone would be worth nothing."""
    folder = tmp_path / "sbx_a"
    found: list[bool] = []

    def come() -> None:
        with home._locked(folder, fcntl.LOCK_SH) as lock:
            found.append((folder / "lock").samefile(f"/proc/self/fd/{lock.fileno()}"))

    guest = threading.Thread(target=come)
    with home._locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
        guest.start()
        for _ in range(500):
            if "FLOCK" in _waiting_locks():
                break
            time.sleep(0.01)
        shutil.rmtree(folder)
    guest.join()

    assert found == [True]


def _waiting_locks() -> str:
    """Return the locks that this process waits for, as the kernel lists them."""
    lines = Path("/proc/locks").read_text().splitlines()
    return "".join(line for line in lines if "->" in line and f" {os.getpid()} " in line)


def test_a_destroyed_sandbox_leaves_nothing(home_stage: Stage) -> None:
    """Folders, files of every mode and the user it had are given back."""
    home_stage.keep(ODD)
    home_stage.provider.destroy("sbx_a")

    assert list((home_stage.folder / "here" / "homes").iterdir()) == []
    assert list((home_stage.folder / "here" / "users").iterdir()) == []


@pytest.mark.parametrize(
    "path", ["../out", "/etc/x", "a/../../b", "", ".", "a\0b", "x" * 300, "y/" * 2500 + "z"]
)
def test_files_are_written_below_the_home_only(
    home_stage: Stage, tmp_path: Path, path: str
) -> None:
    """A path that leads out, or can not be, is refused."""
    source = tmp_path / "source"
    source.write_text("x")

    with (
        home_stage.provider.open("sbx_a", None, home_stage.blobs) as sandbox,
        pytest.raises(InvalidInput),
    ):
        sandbox.write({path: source})


def test_a_written_file_follows_no_link_out(home_stage: Stage, tmp_path: Path) -> None:
    """A folder that is a link leads nowhere but inside the room."""
    source = tmp_path / "source"
    source.write_text("x")
    target = tmp_path / "target"
    target.mkdir()
    home_stage.keep(f"ln -s {target} out")

    with home_stage.provider.open("sbx_b", None, home_stage.blobs) as sandbox:
        sandbox.run(read_command(f"ln -s {target} out", is_shell=True), lambda *_: None)
        with pytest.raises(SetupError):
            sandbox.write({"out/file": source})

    assert list(target.iterdir()) == []


def test_a_file_is_read_from_a_snapshot(home_stage: Stage) -> None:
    """Out of whichever layer holds it, by either of its names, and no further than the home."""
    _, kept = home_stage.keep("echo one > a; ln a b; mkdir d; ln -s /etc/passwd link")
    _, kept = home_stage.keep("echo two > c; echo odd > $'\\xff\\n'", snapshot=kept.snapshot)
    index = index_of(home_stage.blobs, kept.snapshot.digest)

    contents = [read_file(home_stage.blobs, index, name) for name in ("a", "./b", "c", "\\xff\n")]
    assert contents == [b"one\n", b"one\n", b"two\n", b"odd\n"]
    for not_a_file in ("d", "link"):
        with pytest.raises(InvalidInput):
            read_file(home_stage.blobs, index, not_a_file)
    for missing in ("nothing", "../a", "/etc/passwd"):
        with pytest.raises(NotFound):
            read_file(home_stage.blobs, index, missing)
    with pytest.raises(TooLarge):
        read_file(home_stage.blobs, index, "a", most_bytes=2)
