"""Doctor: healthy machines are told so, and what is missing is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backline.cli.app import run


def test_this_machine_is_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All that the tests themselves rely on is found, and no probe is left behind."""
    assert run(["doctor", "--json", "--data", str(tmp_path)]) == 0
    findings = {each["what"]: each for each in json.loads(capsys.readouterr().out)}
    assert all(each["ok"] for each in findings.values() if each["needed"])
    assert findings["database"]["told"] == "SQLite"
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("BACKLINE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none", "database"),
        ("BACKLINE_STORAGE_URL", "/proc/nowhere", "storage"),
        ("BACKLINE_URL", "http://127.0.0.1:1", "server"),
        ("BACKLINE_SANDBOX_ALLOWED_HOSTS", "https://musicbrainz.org", "sandbox"),
    ],
)
def test_what_is_missing_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
    what: str,
) -> None:
    """A part that does not work is marked, and the exit code is 1."""
    monkeypatch.setenv("BACKLINE_API_KEY", "bl_sk_x")
    monkeypatch.setenv(name, value)
    assert run(["doctor", "--data", str(tmp_path)]) == 1
    missing = [line for line in capsys.readouterr().out.splitlines() if line.startswith("MISSING")]
    assert [line.split()[1] for line in missing] == [what]


def test_each_piece_of_the_walls_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Namespaces by kind, the filter, limits, and what is there but not used."""
    run(["doctor", "--json", "--data", str(tmp_path)])
    findings = {each["what"]: each for each in json.loads(capsys.readouterr().out)}
    kinds = ("user", "mnt", "pid", "net", "ipc", "uts", "cgroup")

    assert all(findings[f"sandbox: namespace {kind}"]["ok"] for kind in kinds)
    assert findings["sandbox: bubblewrap"]["told"][0].isdecimal()
    for piece in ("seccomp", "no_new_privs", "prlimit", "tools"):
        assert findings[f"sandbox: {piece}"]["needed"]
    for piece in ("cgroup v2", "overlay", "landlock", "git"):
        assert not findings[f"sandbox: {piece}"]["needed"]


def test_missing_walls_by_choice_are_said_aloud(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever looks at the machine shall see it."""
    monkeypatch.setenv(
        "BACKLINE_SANDBOX_WITHOUT_WALLS", "every-command-may-read-and-change-this-machine"
    )
    run(["doctor", "--data", str(tmp_path)])

    assert "NO WALLS" in capsys.readouterr().out
