"""Shell: sit in an account's sandbox, on the machine that holds its home."""

from __future__ import annotations

import os
import signal
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from backline.cli.database import open_database
from backline.cli.options import Data
from backline.cli.reach import read_credentials
from backline.cli.render import complain, tell
from backline.errors import InvalidInput, SetupError, TooLarge
from backline.settings import client_address, terminal_kind

if TYPE_CHECKING:
    from backline.sandbox import Finished, Terminal
    from backline.sandboxing.visit import Visit
    from backline.settings import Settings

_PROMPT = r"\u@\h:\w\$ "
_HANG_UPS = (signal.SIGHUP, signal.SIGTERM)


def shell(
    *,
    timeout: Annotated[
        float,
        Parameter(
            help="Seconds after which it is ended.",
            validator=validators.Number(gte=1, lte=12 * 3600),
        ),
    ] = 3600.0,
    account: Annotated[
        str | None, Parameter(help="Id of the account whose sandbox it is. Default: your own.")
    ] = None,
    data: Data = None,
) -> int:
    """Sit in the sandbox: bash on a terminal of its own; the home is kept when it ends.

    Works on a machine that reaches the database and the storage, with the
    operator's rights. Commands that are triggered meanwhile wait until it ends.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise SetupError("sandbox shell needs a terminal: use `backline sandbox run` in scripts")
    from backline.sandboxing.local import enter_locally

    with open_database(data) as (database, settings):
        owner = account or _own_account(settings)
        with enter_locally(settings, database, owner, tell) as room:
            finished = _sit(room, timeout)
            _keep(room)
    if finished.limit:
        complain(f"the shell was ended at its limit of {finished.limit}")
    return finished.exit_code


def _own_account(settings: Settings) -> str:
    if any(client_address()):
        raise SetupError(
            "sandbox shell works on the machine of the database, not through BACKLINE_URL:"
            " unset it and BACKLINE_API_KEY, or name the account with --account"
        )
    kept = read_credentials(settings)
    if kept is None:
        raise InvalidInput("--account is missing: say whose sandbox it is", "account")
    return kept.account_id


def _sit(room: Visit, timeout_seconds: float) -> Finished:
    from backline.sandbox import Command, Limits, Terminal

    terminal = Terminal(sys.stdin.fileno(), _show)
    command = Command(
        # Set here and not as a variable: bash forgets it when it is no terminal's yet.
        arguments=("/usr/bin/env", f"PS1={_PROMPT}", "/bin/bash", "-l"),
        variables={"TERM": terminal_kind()},
        hosts=room.hosts,
        limits=Limits(duration_seconds=timeout_seconds),
    )
    try:
        with _raw(), _told_of_signals(terminal):
            return room.attend(command, terminal)
    finally:
        terminal.close()


def _keep(room: Visit) -> None:
    try:
        kept, changed = room.save()
    except TooLarge as refusal:
        complain(str(refusal))
    else:
        tell(f"{len(changed)} files changed; the home is kept as {kept.id}")


def _show(piece: bytes) -> None:
    sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


@contextmanager
def _raw() -> Iterator[None]:
    """Hand every key on as it is, ctrl-C too; the terminal is set right again at the end."""
    keyboard = sys.stdin.fileno()
    before = termios.tcgetattr(keyboard)
    try:
        tty.setraw(keyboard)
        yield
    finally:
        termios.tcsetattr(keyboard, termios.TCSAFLUSH, before)


@contextmanager
def _told_of_signals(terminal: Terminal) -> Iterator[None]:
    """Pass on the window's size, and end the shell in good order when this side is told to end."""

    def fit(*_: object) -> None:
        terminal.resize(*os.get_terminal_size(sys.stdin.fileno()))

    fit()
    before = {signal.SIGWINCH: signal.signal(signal.SIGWINCH, fit)}
    for number in _HANG_UPS:
        before[number] = signal.signal(number, lambda *_: terminal.hang_up())
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
