"""The front door of the command line: which commands there are, and how they fail.

A command's module is loaded when it is called, so ``backline --help`` is quick.
A command ends with 0 when all went well, 1 when a run failed or something was
refused, 2 when the command line itself makes no sense, 130 when interrupted.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

from cyclopts import App, CycloptsError, Group

from backline.cli.render import complain
from backline.errors import BacklineError

app = App(
    name="backline",
    help="Take the slow work off a music team's hands: trigger a task, follow its run, get its result.",
    version=lambda: version("backline"),
    version_flags=["--version"],
    help_format="plaintext",
)

_WORK = Group("Make and follow", sort_key=1)
_SERVE = Group("Serve", sort_key=2)
_ADMINISTER = Group("Administer", sort_key=3)

for _name, _place, _group, _help in (
    ("content", "content:app", _WORK, "Turn songs into short vertical videos."),
    ("sandbox", "sandbox:app", _WORK, "Run commands in a room of your own."),
    ("trigger", "trigger:trigger", _WORK, "Ask for a task, and get the id of its run."),
    ("runs", "runs:app", _WORK, "Look at runs, stop them, make them again."),
    ("batches", "batches:app", _WORK, "Ask for many runs at once."),
    ("tasks", "tasks:app", _WORK, "See what can be triggered."),
    ("schedules", "schedules:app", _WORK, "Let the clock trigger tasks."),
    ("tokens", "tokens:app", _WORK, "Make what a run can wait for, and complete it."),
    ("dev", "serve:dev", _SERVE, "Run server and worker in one process, for one machine."),
    ("server", "serve:server", _SERVE, "Run the HTTP server alone, beside any number of workers."),
    ("worker", "serve:worker", _SERVE, "Run one machine's worker alone."),
    ("accounts", "accounts:app", _ADMINISTER, "Make accounts for people."),
    ("orgs", "orgs:app", _ADMINISTER, "Make organizations and say who belongs to them."),
    ("artists", "artists:app", _ADMINISTER, "Make artists and say whose they are."),
    ("keys", "keys:app", _ADMINISTER, "Make, list and revoke API keys."),
    (
        "queues",
        "queues:app",
        _ADMINISTER,
        "See how full queues are, hold them, change their limits.",
    ),
    ("doctor", "doctor:doctor", _ADMINISTER, "Try what backline needs of this machine."),
):
    app.command(f"backline.cli.{_place}", name=_name, group=_group, help=_help)


@app.command(name="version", group=_ADMINISTER)
def _version() -> None:
    """Print the version."""
    sys.stdout.write(version("backline") + "\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command line and exit with its code; the arguments are ``sys.argv``'s by default."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code. What goes wrong is one line on stderr."""
    try:
        ended = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as misuse:
        complain(f"{str(misuse).rstrip('., ')}; {_see_help(misuse)}")
        return 2
    except BacklineError as refused:
        complain(str(refused))
        return 1
    except BrokenPipeError:
        return _reader_left()
    except OSError as trouble:
        complain(f"{trouble.filename or 'the system'}: {trouble.strerror or trouble}")
        return 1
    return ended if isinstance(ended, int) else 0


def _see_help(misuse: CycloptsError) -> str:
    command = " ".join(["backline", *(misuse.command_chain or ())])
    return f"`{command} --help` tells more"


def _reader_left() -> int:
    """End quietly when the reader of our output has closed it, as ``head`` does."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1
