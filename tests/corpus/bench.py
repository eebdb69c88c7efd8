"""Has damaged files judged in a process that may die, and starts another one when it does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec

from tests.corpus.catalog import Case
from tests.corpus.judge import Verdict
from tests.processes import ROOT


class Bench:
    """A judge at work. Use as a context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._judge = self._appoint()

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self._dismiss()

    def judge(self, case: Case) -> Verdict | None:
        """Return how a damaged file ended; None when the process died of it, or of old age."""
        path = case.write(self._folder)
        assert self._judge.stdin is not None and self._judge.stdout is not None
        self._judge.stdin.write(f"{path.name}\n")
        self._judge.stdin.flush()
        line = self._judge.stdout.readline()
        path.unlink()
        if not line:
            self._dismiss()
            self._judge = self._appoint()
            return None
        return msgspec.json.decode(line, type=Verdict)

    def _appoint(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.corpus.judge", str(self._folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def _dismiss(self) -> None:
        with self._judge as ending:
            ending.kill()


def faults(cases: Iterable[Case], folder: Path, most_bytes: int) -> list[str]:
    """Judge damaged files, and return a line for each that broke a promise."""
    with Bench(folder) as bench:
        found = [(case.file_name, _fault(bench.judge(case), most_bytes)) for case in cases]
    return [f"{name}: {fault}" for name, fault in found if fault]


def _fault(verdict: Verdict | None, most_bytes: int) -> str:
    if verdict is None:
        return "the process died, or did not end within a minute"
    if verdict.peak_bytes > most_bytes:
        return f"took {verdict.peak_bytes / 1e6:.0f} MB"
    if verdict.ending == "stumbled":
        return verdict.message
    return "" if verdict.ending == "completed" else fault_of(verdict.message, verdict.file_name)


REMEDIES = ("attach", "send", "choose", "cut", "give")
"""Every refusal says one of these: what the caller can do now."""


def fault_of(message: str, file_name: str) -> str:
    """Say what a refusal leaves out: the file's name, or the way out. Empty when it says both."""
    if file_name not in message:
        return f"the file is not named: {message}"
    if not any(word in message.lower() for word in REMEDIES):
        return f"no way out is said: {message}"
    return ""
