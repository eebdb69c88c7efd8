"""What the docs show is what happens: commands are understood, code runs."""

from __future__ import annotations

import re
import runpy
import shlex
from pathlib import Path

import pytest

from backline.cli import app
from backline.examples.tasks import hello_world
from backline.sdk import registry
from backline.testing import run_inline
from tests.docs.test_pages import PAGES, ROOT

EXAMPLES = {
    "announce": ({"text": "new song!", "fans": 120}, {"written": 120}),
    "measure-album": (["Neon Rain", "Drive"], {"seconds": 280}),
    "read-charts": ("de", ["Neon Rain"]),
    "release": ("Neon Rain", {"published": True}),
    "render-album": (3, [1, 2, 3]),
    "render-track": (1, 1),
    "scan-archive": (3, {"scanned": 3}),
    "count-words": ({"text": "drive until the morning comes"}, {"words": 5}),
    "remind": ({"of": "the show"}, {"heard": {"echo": {"of": "the show"}}}),
    "shout": ("hey", "HEY"),
    "weekly-digest": (
        {
            "type": "DECLARATIVE",
            "scheduleId": "sched_1",
            "timestamp": "2026-11-23T08:00:00.000Z",
            "timezone": "Europe/Berlin",
            "upcoming": [],
        },
        {"week": "2026-48"},
    ),
}
"""What to give to each task that a page shows, and what it gives back."""
TOKENS = {"waitpoint_1": {"approved": True}}
"""What the first token of each is completed with."""
TEXTS = {path: path.read_text(encoding="utf-8") for path in PAGES}


def shown(program: str) -> list[str]:
    """Every command line of ``program`` that a page shows after a ``$``."""
    found = [
        line.removeprefix(program).partition("   #")[0].strip()
        for text in TEXTS.values()
        for line in re.findall(r"^\$ (.*)$", text, re.M)
        if line.split()[0].endswith(program.split("/")[-1])
    ]
    return sorted(set(found))


@pytest.mark.parametrize("line", shown(".venv/bin/backline"))
def test_a_command_that_is_shown_is_understood(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command line parses as it stands, with files of the names it uses."""
    monkeypatch.chdir(tmp_path)
    for name in re.findall(r"[\w-]+\.(?:mp3|jpg|lrc)\b", line):
        Path(name).touch()
    app.parse_args(shlex.split(line), exit_on_error=False, print_error=False)


@pytest.mark.parametrize("line", shown("make"))
def test_a_target_that_is_shown_exists(line: str) -> None:
    """The Makefile has the target."""
    target = line.removeprefix("make").split("#")[0].split()
    makefile = (ROOT / "Makefile").read_text()
    assert not target or f"\n{target[0]}:" in makefile


@pytest.mark.parametrize(
    ("path", "code"),
    [
        pytest.param(path, code, id=path.name)
        for path, text in TEXTS.items()
        for code in re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    ],
)
def test_code_that_is_shown_runs(
    path: Path, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code is a module that loads, and a task in it does what the page says."""
    monkeypatch.setattr(registry, "_tasks", {"hello-world": hello_world})
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "label_tasks.py").write_text(code)
    shown = runpy.run_path(str(tmp_path / "label_tasks.py"))
    assert len(registry) > 1, "a page shows whole tasks"
    for task in [each for each in registry if each is not hello_world]:
        payload, output = EXAMPLES[task.identifier]
        assert run_inline(task, payload, workdir=tmp_path / "work", tokens=TOKENS).output == output
    for name, test in shown.items():
        if name.startswith("test_"):
            test()
