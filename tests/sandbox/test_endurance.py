"""The large attacks at their full size, under the limits that real commands have."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from backline.errors import TooLarge
from backline.sandbox import Command, Limits
from backline.sandbox.compression import Compressor
from backline.sandboxing.archive import MAX_UNPACKED_BYTES, tar_stream
from backline.sandboxing.seeds import UNPACK
from tests.sandbox.seen import processes_with
from tests.sandbox.stage import Stage

pytestmark = pytest.mark.soak
MILLION = 1_000_000


def test_a_million_files_are_stopped_and_swept_away(home_stage: Stage) -> None:
    """The watch ends it at 200,000; the home before it is still there, and so is the worker."""
    _, kept = home_stage.keep("echo mine > song")
    script = (
        "import os\n"
        f"for n in range({MILLION}):\n"
        "    if n % 1000 == 0: os.mkdir(f'd{n}'); os.chdir('/home/user'); os.chdir(f'd{n}')\n"
        "    os.close(os.open(f'f{n}', os.O_CREAT | os.O_WRONLY))\n"
        "    if n % 1000 == 999: os.chdir('/home/user')\n"
    )
    played = home_stage.run(f'python3 -c "{script}"', snapshot=kept.snapshot, limits=Limits())
    after = home_stage.run("cat song; ls | wc -l", snapshot=kept.snapshot)

    assert played.limit == "home", played
    assert after.stdout == "mine\n1\n"


def test_an_archive_of_a_million_entries_is_stopped(home_stage: Stage) -> None:
    """Unpacked where the limits are, it ends there."""

    def entries() -> Iterator[bytes]:
        for number in range(MILLION):
            yield tarfile.TarInfo(f"d{number // 1000}/f{number}").tobuf()

    with home_stage.provider.open("sbx_a", None, home_stage.blobs) as sandbox:
        command = Command(arguments=UNPACK, limits=Limits(duration_seconds=3000))
        finished = sandbox.run(command, lambda *_: None, fed=entries())

    assert finished.limit == "home"


def test_ten_gigabytes_of_zeros_are_read_to_the_limit(tmp_path: Path) -> None:
    """A megabyte that unpacks to ten thousand is given up at two thousand."""
    path = tmp_path / "bomb.tar.zst"
    with path.open("wb") as file:
        packed = Compressor(file)
        header = tarfile.TarInfo("zeros")
        header.size = 10 * 1024**3
        packed.write(header.tobuf())
        piece = bytes(1024**2)
        for _ in range(10 * 1024):
            packed.write(piece)
        packed.finish()
    read = 0

    with pytest.raises(TooLarge):
        for part in tar_stream(path):
            read += len(part)
    assert path.stat().st_size < 20_000_000
    assert read <= MAX_UNPACKED_BYTES


def test_a_gigabyte_of_output_is_stopped_at_its_limit(home_stage: Stage) -> None:
    """On both streams at once, under the limits that real commands have."""
    played = home_stage.run(
        "head -c 1G /dev/zero >&2 & head -c 1G /dev/zero; wait", limits=Limits()
    )

    assert played.limit == "output"
    assert max(len(played.stdout), len(played.stderr)) <= Limits().output_bytes


def test_a_hundred_commands_leave_nothing_behind(home_stage: Stage) -> None:
    """No process, mount, descriptor, folder or user."""

    def facts() -> tuple[int, int, list[str]]:
        held = len(list(Path("/proc/self/fd").iterdir()))
        mounts = len(Path("/proc/self/mountinfo").read_text().splitlines())
        return held, mounts, sorted(path.name for path in home_stage.folder.rglob("*"))

    home_stage.run("true", hosts=["example.com"])
    before = facts()
    for number in range(100):
        hosts = ["example.com"] if number % 2 else []
        home_stage.run("(setsid sleep 1000.31 &); true", hosts=hosts)

    assert facts() == before
    assert not processes_with("1000.31")
