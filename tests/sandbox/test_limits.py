"""What a command may use: bombs of every kind, small ones, each stopped at its limit."""

from __future__ import annotations

import pytest

from backline.errors import TooLarge
from backline.sandbox import Limits
from backline.sandbox.limits import MIB
from tests.sandbox.stage import SMALL, RemoteStage, Stage

AnyStage = Stage | RemoteStage


def with_limits(**changes: float) -> Limits:
    import msgspec

    return msgspec.structs.replace(SMALL, **changes)


def test_a_fork_bomb_stops_at_its_number_of_processes(stage: AnyStage) -> None:
    """Processes are counted per sandbox, and the kernel refuses the next one."""
    played = stage.run(
        "python3",
        arguments=[
            "-c",
            "import os, time\\n"
            "n = 0\\n"
            "try:\\n"
            "    while n < 1000:\\n"
            "        if os.fork() == 0: time.sleep(30); os._exit(0)\\n"
            "        n += 1\\n"
            "except OSError as refused: print(n, refused)\\n".replace("\\n", "\n"),
        ],
    )

    assert "Resource temporarily unavailable" in played.stdout
    assert 30 <= int(played.stdout.split()[0]) <= 64


def test_a_fork_bomb_does_not_hurt_the_next_command(stage: AnyStage) -> None:
    """When the bomb is gone, another sandbox has all its processes again."""
    stage.run("bomb() { bomb | bomb & }; bomb; sleep 0.3", limits=with_limits(duration_seconds=2))

    assert stage.run("echo fine", sandbox="sbx_other").stdout == "fine\n"


def test_threads_count_as_processes(stage: AnyStage) -> None:
    """A thread bomb meets the same limit."""
    script = (
        "import threading, time\n"
        "n = 0\n"
        "try:\n"
        "    while n < 1000:\n"
        "        threading.Thread(target=time.sleep, args=(30,), daemon=True).start(); n += 1\n"
        "except RuntimeError as refused: print(n, refused)\n"
    )

    played = stage.run("python3", arguments=["-c", script])

    assert int(played.stdout.split()[0]) <= 64


def test_one_process_gets_no_more_memory_than_its_limit(stage: AnyStage) -> None:
    """The program sees a failed allocation, and can say so."""
    played = stage.run("python3", arguments=["-c", "x = b'x' * (400 << 20)"])

    assert "MemoryError" in played.stderr


def test_many_processes_together_are_held_to_the_limit(stage: AnyStage) -> None:
    """Each stays below the limit of one; together they are ended, and the limit is named."""
    script = (
        "import os, time\n"
        "for _ in range(6):\n"
        "    if os.fork() == 0: x = b'x' * (60 << 20); time.sleep(30)\n"
        "time.sleep(30)\n"
    )

    played = stage.run("python3", arguments=["-c", script])

    assert played.limit == "memory"


def test_shared_mappings_count_once_and_count(stage: AnyStage) -> None:
    """Memory that is shared between processes is no way around the limit."""
    script = (
        "import mmap, time\n"
        "page = mmap.mmap(-1, 350 << 20)\n"
        "for at in range(0, len(page), 4096): page[at] = 1\n"
        "time.sleep(30)\n"
    )

    played = stage.run("python3", arguments=["-c", script])

    assert played.limit == "memory"


@pytest.mark.parametrize("place", ["/tmp", "/dev/shm"])
def test_the_scratch_folders_are_full_at_their_size(stage: AnyStage, place: str) -> None:
    """They lie in memory, so they are small."""
    played = stage.run(f"head -c 20M /dev/zero > {place}/big; stat -c %s {place}/big")

    assert "No space left" in played.stderr
    assert int(played.stdout) <= 8 * MIB


def test_a_home_that_grows_too_large_ends_the_command(stage: AnyStage) -> None:
    """The watch sees it within moments."""
    played = stage.run(
        "for n in $(seq 60); do head -c 2M /dev/urandom > ~/big$n; sleep 0.02; done; sleep 20"
    )

    assert played.limit == "home"


def test_room_that_is_only_set_aside_counts(stage: AnyStage) -> None:
    """A file that takes blocks without being written is as large as it says."""
    played = stage.run(
        "for n in $(seq 5); do fallocate -l 20M ~/f$n; sleep 0.1; done; sleep 20",
        sandbox="sbx_set_aside",
    )

    assert played.limit == "home"


def test_a_home_with_too_many_files_ends_the_command(stage: AnyStage) -> None:
    """A file without content takes room as well."""
    script = "import time\nfor n in range(2500): open(f'f{n}', 'w').close()\ntime.sleep(20)\n"

    played = stage.run("python3", arguments=["-c", script], sandbox="sbx_many")

    assert played.limit == "home"


def test_growth_behind_an_unreadable_folder_is_seen(stage: AnyStage) -> None:
    """A folder that may not be listed hides nothing from the watch."""
    played = stage.run(
        "mkdir ~/dark; chmod 300 ~/dark; cd ~/dark;"
        "for n in $(seq 45); do head -c 2M /dev/urandom > big$n; done; sleep 20",
        sandbox="sbx_dark",
    )

    assert played.limit == "home"


def test_a_single_file_has_a_limit(stage: AnyStage) -> None:
    """Also one that has holes and takes no room yet."""
    played = stage.run("truncate -s 200G ~/huge")

    assert played.exit_code != 0


def test_a_home_over_its_limit_is_not_kept(stage: AnyStage) -> None:
    """A command that is quicker than the watch gains nothing: the earlier snapshot stays."""
    with pytest.raises(Exception, match="it was not kept") as refusal:
        stage.keep(
            "for n in $(seq 45); do head -c 2M /dev/zero | tr '\\0' x > ~/f$n; done",
            sandbox="sbx_fast",
        )

    if isinstance(stage, Stage):
        assert isinstance(refusal.value, TooLarge)


@pytest.mark.parametrize(
    "flood",
    [
        "yes",
        "yes >&2",
        "head -c 1G /dev/zero",
        "head -c 64M /dev/zero | tr '\\0' x",
    ],
)
def test_a_flood_of_output_ends_the_command(stage: AnyStage, flood: str) -> None:
    """Output is read to its limit and no further; what was read is handed on."""
    played = stage.run(flood)

    assert played.limit == "output"
    assert 2 * MIB < max(played.stdout_bytes, played.stderr_bytes) < 4 * MIB
    assert len(played.said) == 2 * MIB


def test_processor_time_has_a_limit(stage: AnyStage) -> None:
    """A loop that never ends is ended by the kernel."""
    played = stage.run("while :; do :; done", limits=with_limits(cpu_seconds=1))

    assert played.limit is None
    assert played.exit_code in (128 + 24, 128 + 9)  # SIGXCPU, or SIGKILL a second later
