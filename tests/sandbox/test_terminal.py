"""A shell on a terminal of its own, with a root worker and with an ordinary one."""

from __future__ import annotations

import msgspec

from tests.sandbox.stage import SMALL, RemoteStage, Stage

AnyStage = Stage | RemoteStage


def test_a_shell_has_a_terminal_of_its_size(stage: AnyStage) -> None:
    """Its exit code is the shell's, and what it is typed is shown."""
    code, limit, shown = stage.sit("stty size; id -u; test -t 0 && echo 'a 'tty; exit 5\n")

    assert (code, limit) == (5, None)
    assert "37 101" in shown
    assert "\n1000" in shown
    assert "a tty" in shown


def test_jobs_can_be_stopped_from_the_keyboard(stage: AnyStage) -> None:
    """Ctrl-C reaches the program in front, not the shell."""
    code, _, shown = stage.sit(
        "trap : INT; sh -c 'kill -INT $$; echo not reached'; echo code $?; set -m; sleep 50 & jobs; exit\n"
    )

    assert code == 0
    assert "code 130" in shown
    assert "Running" in shown


def test_a_shell_ends_at_its_limit_with_all_that_it_started(stage: AnyStage) -> None:
    """Time and memory are held as for other commands."""
    brief = msgspec.structs.replace(SMALL, duration_seconds=0.7)
    code, limit, _ = stage.sit(
        "trap '' HUP TERM; setsid sleep 1000.4 & sleep 1000.4\n", limits=brief
    )
    greedy = stage.sit(
        "for n in 1 2 3; do python3 -c 'import time; x = b\"x\" * (100 << 20); time.sleep(30)' & done; wait\n"
    )

    assert (code, limit) == (137, "duration")
    assert greedy[1] == "memory"


def test_a_shell_has_the_same_walls(stage: AnyStage) -> None:
    """No key can be typed for the person, no descriptor leads out, no right is gained."""
    _, _, shown = stage.sit(
        "python3 -c 'import fcntl,termios; fcntl.ioctl(0, termios.TIOCSTI, b\"!\")' 2>&1 | tail -1;"
        "ls /proc/self/fd | wc -l; grep -c 'CapEff:.0000000000000000' /proc/self/status;"
        "ls /root; ls /dev/pts; exit\n"
    )

    lines = shown.replace("\r", "").splitlines()
    assert "PermissionError: [Errno 1] Operation not permitted" in lines
    assert "4" in lines, "its three streams, and the folder that is listed"
    assert "1" in lines, "no capabilities"
    assert "No such file" in shown
