"""What is run in a sandbox, and what came of it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import Final, Literal

import msgspec

from backline.errors import InvalidInput
from backline.sandbox.hosts import AllowedHost
from backline.sandbox.limits import Limits
from backline.sandbox.policy import HOME

Stream = Literal["stdout", "stderr"]
Sink = Callable[[Stream, bytes], None]
"""Takes what a command writes, as it comes; a piece may end inside a character."""

Notice = Callable[[str], None]
"""Hears, a line each time, what backline refused a command while it ran."""

LimitName = Literal["duration", "memory", "home", "output"]

MAX_COMMAND_BYTES: Final = 100_000
"""The kernel takes 128 KiB in one argument."""
MAX_VARIABLES_BYTES: Final = 64_000


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One command line and where it runs."""

    arguments: tuple[str, ...]
    cwd: str = HOME
    variables: Mapping[str, str] = {}
    hosts: tuple[AllowedHost, ...] = ()
    """Whom it may reach over HTTP and HTTPS; nobody else, and by no other way."""
    limits: Limits = Limits()


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """How a command ended. Exit code and output are the command's own word."""

    exit_code: int
    """128 and the signal's number for a command that a signal ended."""
    limit: LimitName | None
    """The limit at which backline ended it, None if it ended by itself."""
    duration_ms: int
    stdout_bytes: int
    """How much it wrote, whatever was kept."""
    stderr_bytes: int


def read_command(
    text: str,
    arguments: list[str] | None = None,
    *,
    is_shell: bool = False,
    cwd: str | None = None,
    variables: Mapping[str, str] | None = None,
    hosts: tuple[AllowedHost, ...] = (),
    limits: Limits | None = None,
) -> Command:
    """Make a command of what a caller says.

    With ``arguments``, ``text`` is the program. Without, it is split as a shell
    splits words; with ``is_shell`` it is a script for bash, pipes and all.
    Raises ``InvalidInput`` naming the field.
    """
    words = _words(text, arguments, is_shell)
    _refuse_nul(words, "command")
    if sum(len(word.encode("utf-8", "surrogatepass")) + 1 for word in words) > MAX_COMMAND_BYTES:
        raise InvalidInput(
            f"command is longer than {MAX_COMMAND_BYTES:,} bytes: put the script into a file and run that",
            "command",
        )
    return Command(
        arguments=words,
        cwd=_place(cwd),
        variables=_checked_variables(variables or {}),
        hosts=hosts,
        limits=limits or Limits(),
    )


def _words(text: str, arguments: list[str] | None, is_shell: bool) -> tuple[str, ...]:
    if not text.strip():
        raise InvalidInput("command is empty: say what to run, such as 'ls -la'", "command")
    if is_shell:
        if arguments:
            raise InvalidInput("args can not go with shell: write them into command", "args")
        # The second "--" keeps a script that begins with "-" from being read as options.
        return ("/bin/bash", "-c", "--", text)
    if arguments is not None:
        return (text, *arguments)
    try:
        return tuple(shlex.split(text))
    except ValueError as problem:
        raise InvalidInput(
            f"command can not be split into words ({problem}): close the quotes, or use args",
            "command",
        ) from None


def _place(cwd: str | None) -> str:
    """Return the folder that ``cwd`` names, below the home if it does not begin with a slash."""
    if not cwd:
        return HOME
    _refuse_nul((cwd,), "cwd")
    if len(cwd.encode("utf-8", "surrogatepass")) > 4000:
        raise InvalidInput("cwd is longer than 4000 bytes: say a shorter path", "cwd")
    return cwd if cwd.startswith("/") else f"{HOME}/{cwd}"


def _checked_variables(variables: Mapping[str, str]) -> dict[str, str]:
    for name, value in variables.items():
        if not name.isidentifier() or not name.isascii():
            raise InvalidInput(
                f"env: {name!r} is no name of a variable: use letters, digits and _", "env"
            )
        _refuse_nul((value,), f"env.{name}")
    if sum(len(n) + len(v.encode("utf-8", "surrogatepass")) for n, v in variables.items()) > (
        MAX_VARIABLES_BYTES
    ):
        raise InvalidInput(f"env holds more than {MAX_VARIABLES_BYTES:,} bytes: use a file", "env")
    return dict(variables)


def _refuse_nul(words: tuple[str, ...], field: str) -> None:
    for word in words:
        if "\0" in word:
            raise InvalidInput(f"{field} holds a NUL character: remove it", field)
        try:
            word.encode()
        except UnicodeEncodeError:
            raise InvalidInput(f"{field} holds half a character: send UTF-8", field) from None
