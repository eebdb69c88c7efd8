"""Each group of task modules has a warm parent of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from backline.errors import SetupError
from backline.runtime import Zygotes
from backline.runtime.processes import children_of
from tests.processes import ROOT

Start = Callable[[Sequence[Sequence[str]]], Zygotes]

DEFINES = """
from backline import task

@task("{name}")
def {function}(payload, ctx):
    return payload
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start parents of these groups of modules; the module `heavy` is there, and what imports it."""
    (tmp_path / "heavy.py").write_text(DEFINES.format(name="render", function="render"))
    light = "import heavy\n" + DEFINES.format(name="mail", function="mail")
    (tmp_path / "light.py").write_text(light)
    (tmp_path / "rival.py").write_text(DEFINES.format(name="render", function="draw"))
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{tmp_path}"}
    before = children_of(os.getpid())
    yield lambda groups: Zygotes(groups, environment)
    assert children_of(os.getpid()) == before


def test_a_run_is_forked_from_the_parent_of_its_task(start: Start) -> None:
    """A task that two groups know, for one imports the other, is the first one's."""
    with closing(start([["heavy"], ["light"]])) as zygotes:
        assert sorted(zygotes.tasks) == ["mail", "render"]
        parents = {name: parent_of(zygotes.fork(name).pid) for name in ("render", "mail")}
        assert [modules_of(parents[name]) for name in ("render", "mail")] == ["heavy", "light"]


def test_a_name_belongs_to_one_function_whichever_group_it_is_in(start: Start) -> None:
    """The worker does not start, and says which two; no parent is left behind."""
    with pytest.raises(SetupError, match=r"'render' is defined twice, in heavy.* and rival"):
        start([["heavy"], ["rival"]])


def test_a_group_that_can_not_be_imported_is_named(start: Start) -> None:
    """The others end with it."""
    with pytest.raises(SetupError, match="no_such_tasks"):
        start([["heavy"], ["no_such_tasks"]])


def test_a_changed_file_of_any_group_is_another_version(start: Start, tmp_path: Path) -> None:
    """As it is with one group."""
    with closing(start([["heavy"], ["light"]])) as before:
        version = before.code_version
    (tmp_path / "light.py").write_text((tmp_path / "light.py").read_text() + "\n# changed\n")
    with closing(start([["heavy"], ["light"]])) as after:
        assert after.code_version != version


def parent_of(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("\nPPid:\t")[2].split()[0])


def modules_of(zygote: int) -> str:
    """Return the last word of the command line."""
    return Path(f"/proc/{zygote}/cmdline").read_bytes().split(b"\0")[-2].decode()
