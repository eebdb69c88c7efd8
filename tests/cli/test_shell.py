"""`backline sandbox shell`, as a person at a terminal sees it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.live import Terminal, live_server
from tests.sandbox.seen import processes_with


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """A terminal beside a server, both with the same homes."""
    homes = Path(tempfile.mkdtemp(prefix="backline-homes-"))
    homes.chmod(0o711)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BACKLINE_SANDBOX_DIR", str(homes))
        with live_server(tmp_path_factory.mktemp("shells")) as terminal:
            terminal.homes = homes  # type: ignore[attr-defined]
            yield terminal
    shutil.rmtree(homes, ignore_errors=True)


class Person:
    """Someone at a terminal in which the shell was started."""

    def __init__(self, live: Terminal, *arguments: str) -> None:
        self._screen, far_end = pty.openpty()
        self.resize(90, 31)
        self.seen = ""
        homes: Path = live.homes  # type: ignore[attr-defined]
        self.process = subprocess.Popen(
            live.command("sandbox", "shell", *arguments),
            stdin=far_end,
            stdout=far_end,
            stderr=far_end,
            env=live.environment({"TERM": "xterm", "BACKLINE_SANDBOX_DIR": str(homes)}),
        )
        self._far_end = far_end

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._screen, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys: str) -> None:
        os.write(self._screen, keys.encode())

    def sees(self, text: str) -> bool:
        """Look at the screen until a text is there; half a minute at most."""
        until = time.monotonic() + 30
        while text not in self.seen and time.monotonic() < until:
            if select.select([self._screen], [], [], 0.2)[0]:
                self.seen += os.read(self._screen, 65_536).decode(errors="replace")
        return text in self.seen

    def is_cooked(self) -> bool:
        """Tell whether the terminal echoes again, as it did before."""
        return bool(termios.tcgetattr(self._far_end)[3] & termios.ECHO)

    def leave(self) -> int:
        try:
            return self.process.wait(30)
        finally:
            self.process.kill()
            self.process.wait()
            os.close(self._screen)
            os.close(self._far_end)


def test_a_person_sits_in_the_sandbox(live: Terminal) -> None:
    """Size, keys and ctrl-C are the shell's; its exit code and its files stay."""
    person = Person(live)
    assert person.sees("user@sandbox:~$ "), person.seen
    person.type("stty size; echo la > song; id -u\n")
    assert person.sees("31 90")
    assert person.sees("1000")
    person.type("sleep 100; echo 'not 'reached\n")
    time.sleep(0.3)
    person.type("\x03")
    person.type("echo code $?\n")
    assert person.sees("code 130")
    person.resize(77, 22)
    os.kill(person.process.pid, signal.SIGWINCH)
    person.type("\nstty size\n")
    assert person.sees("22 77")
    person.type("exit 7\n")
    assert person.sees("the home is kept as snap_"), person.seen

    assert person.is_cooked()
    assert person.leave() == 7
    assert "not reached" not in person.seen
    assert live.run("sandbox", "read", "song").stdout == "la\n"


def test_nothing_inside_types_into_the_persons_terminal(live: Terminal) -> None:
    """The terminal inside is another one, and the filter refuses the call besides."""
    person = Person(live)
    assert person.sees("$ ")
    person.type(
        "python3 -c 'import fcntl,termios\n"
        'try: [fcntl.ioctl(n, termios.TIOCSTI, b"!") for n in (0, 1, 2)]; print("ty"+"ped")\n'
        'except OSError as refused: print("re"+"fused", refused.errno)\'; exit\n'
    )
    assert person.sees("refused 1"), person.seen

    assert person.sees("the home is kept"), person.seen
    assert select.select([person._far_end], [], [], 0.2)[0] == []
    assert person.leave() == 0
    assert "typed" not in person.seen


def test_commands_wait_until_the_person_leaves(live: Terminal) -> None:
    """There is one writer at a time, whichever way it came."""
    person = Person(live)
    assert person.sees("$ ")
    person.type("echo begun > turn\n")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(live.run, "sandbox", "run", "cat turn")
        time.sleep(1)
        assert not waiting.done()
        person.type("echo ended > turn; exit\n")
        assert person.leave() == 0

        assert waiting.result().stdout == "ended\n"


def test_a_closed_window_ends_the_shell_and_keeps_the_home(live: Terminal) -> None:
    """So does being told to end: nothing is lost, and nothing runs on."""
    person = Person(live)
    assert person.sees("$ ")
    person.type("echo kept > half; sleep 1000.828 & sleep 1000.828\n")
    time.sleep(0.5)
    person.process.send_signal(signal.SIGHUP)
    assert person.sees("the home is kept as snap_"), person.seen

    person.leave()
    assert live.run("sandbox", "read", "half").stdout == "kept\n"
    assert not processes_with("1000.828")


def test_a_shell_has_a_time_limit(live: Terminal) -> None:
    """Then it is ended, and the terminal says why."""
    person = Person(live, "--timeout", "1")

    assert person.sees("its limit of duration"), person.seen
    assert person.leave() == 137


def test_without_a_terminal_it_is_refused(live: Terminal) -> None:
    """A script has `sandbox run`."""
    ended = live.run("sandbox", "shell")

    assert ended.returncode == 1
    assert "needs a terminal" in ended.stderr


def test_an_account_that_is_not_there_is_refused(live: Terminal) -> None:
    """Before anything is made for it."""
    person = Person(live, "--account", "00000000-0000-4000-8000-000000000000")

    assert person.sees("there is no account")
    assert person.leave() == 1


def test_a_second_person_is_told_that_someone_is_in(live: Terminal) -> None:
    """And gets in when the first has left."""
    first = Person(live)
    assert first.sees("$ ")
    second = Person(live)
    assert second.sees("someone else is in this sandbox"), second.seen
    first.type("exit\n")
    assert first.leave() == 0
    assert second.sees("$ "), second.seen
    second.type("exit 3\n")

    assert second.leave() == 3
