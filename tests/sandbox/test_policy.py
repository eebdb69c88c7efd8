"""The policy, without a sandbox: what a room's arguments say and in which order."""

from __future__ import annotations

import pytest

from backline.sandbox.policy import (
    ETC_FILES,
    HOME,
    PLACES,
    Home,
    HostFacts,
    Room,
    arguments,
    etc_files,
)

HOST = HostFacts(links={"/bin": "usr/bin", "/lib": "usr/lib"}, paths=frozenset(PLACES))
ETC = {name: 10 + number for number, name in enumerate(ETC_FILES)}
COMMANDS_ROOM = Room(home=Home(7), etc=ETC)
KEEPERS_ROOM = Room(home=Home(7, is_writable=False), etc=ETC, is_keeper=True)


@pytest.mark.parametrize("room", [COMMANDS_ROOM, KEEPERS_ROOM], ids=["command", "keeper"])
def test_nothing_is_put_up_below_the_home(room: Room) -> None:
    """The home is the last thing that is bound, and no argument names a place in it."""
    words = arguments(room, HOST)
    at = words.index("--bind-fd" if room.home.is_writable else "--ro-bind-fd")

    assert words[at : at + 3][1:] == ("7", HOME)
    assert not any(word.startswith(f"{HOME}/") and ":" not in word for word in words)
    assert words[at + 3 :] == ("--chdir", HOME, "--remount-ro", "/")


@pytest.mark.parametrize("name", ["user", "pid", "net", "ipc", "uts", "cgroup"])
def test_namespaces_are_asked_for_by_name(name: str) -> None:
    """So that one that can not be had is an error, and not passed over."""
    words = arguments(COMMANDS_ROOM, HOST)

    assert f"--unshare-{name}" in words
    assert "--unshare-all" not in words
    assert not any(word.endswith("-try") for word in words)


def test_only_a_keeper_passes_file_modes() -> None:
    """A command has no capability at all; a keeper one, in its own namespace."""
    assert "--cap-add" not in arguments(COMMANDS_ROOM, HOST)
    words = arguments(KEEPERS_ROOM, HOST)
    assert [words[at + 1] for at, word in enumerate(words) if word == "--cap-add"] == [
        "CAP_DAC_OVERRIDE"
    ]


def test_only_places_of_this_host_are_named() -> None:
    """What a host does not have is left out, since binding it would fail."""
    bare = HostFacts(links={}, paths=frozenset())
    words = arguments(COMMANDS_ROOM, bare)

    assert "/proc/kcore" not in words
    assert "/lib64" not in words
    assert "/proc/sys" in words


def test_variables_are_quoted_for_the_shell_that_reads_them() -> None:
    """A value can hold anything without becoming a command."""
    text = etc_files({"A": "x'; rm -rf ~ #", "B": "two\nlines"})["variables"]

    assert text == "export A='x'\"'\"'; rm -rf ~ #'\nexport B='two\nlines'\n"
