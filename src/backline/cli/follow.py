"""Watching a run: a bar that moves on a terminal, plain lines anywhere else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from backline.cli.render import tell, terminal
from backline.client import Client, Run

if TYPE_CHECKING:
    from rich.console import Console

_WAITING = {
    "PENDING_VERSION": "waiting for a worker that knows this task",
    "DELAYED": "not yet due",
    "QUEUED": "waiting for room",
    "REATTEMPTING": "failed, will be tried again",
    "FROZEN": "waiting",
}


def follow(client: Client, run_id: str) -> Run:
    """Show a run until it has ended, and return it as it then is."""
    try:
        with _display() as display:
            for run in client.runs.follow(run_id):
                display(run)
    except KeyboardInterrupt:
        tell(f"run {run_id} is kept: `backline runs watch {run_id}` follows it further")
        raise
    return run


def step_of(run: Run) -> str:
    """Say in a few words what a run is doing."""
    if run.is_final:
        return run.status.lower().replace("_", " ")
    return _WAITING.get(run.status) or run.current_step or "working"


class _Display(Protocol):
    def __call__(self, run: Run) -> None: ...


@contextmanager
def _display() -> Iterator[_Display]:
    console = terminal()
    if not console.is_terminal:
        yield _lines()
        return
    with _bar(console) as display:
        yield display


def _lines() -> _Display:
    """Write a line whenever the run does something else."""
    last = ""

    def display(run: Run) -> None:
        nonlocal last
        if (step := step_of(run)) != last:
            tell(f"{_percent(run)}  {step}")
        last = step

    return display


def _percent(run: Run) -> str:
    return "    " if run.progress is None else f"{run.progress:4.0%}"


@contextmanager
def _bar(console: Console) -> Iterator[_Display]:
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.text import Text

    words = TextColumn("{task.description}", markup=False)
    with Progress(
        BarColumn(28), TaskProgressColumn(), TimeElapsedColumn(), words, console=console
    ) as progress:
        bar = progress.add_task("", total=None)

        def display(run: Run) -> None:
            total = None if run.progress is None else 1.0
            step = Text(step_of(run)).plain
            progress.update(bar, description=step, total=total, completed=run.progress or 0.0)

        yield display
