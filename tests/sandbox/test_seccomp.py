"""The filter, run by a small machine of our own, for both kinds of processor."""

from __future__ import annotations

import errno
import struct

import pytest

from backline.errors import SetupError
from backline.sandbox.seccomp import build_filter

ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
NATIVE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CALLS = {
    "read": (0, 63),
    "mount": (165, 40),
    "keyctl": (250, 219),
    "ptrace": (101, 117),
    "clone": (56, 220),
    "clone3": (435, 435),
    "socket": (41, 198),
    "ioctl": (16, 29),
}


def judge(machine: str, call: str | int, *arguments: int, architecture: int = 0) -> int:
    """Run the filter over one call and return its verdict."""
    number = call if isinstance(call, int) else CALLS[call][machine == "aarch64"]
    padded = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("=IIQ6Q", number, architecture or NATIVE[machine], 0, *padded)
    program = list(struct.iter_unpack("=HBBI", build_filter(machine)))
    at, value = 0, 0
    while True:
        code, if_true, if_false, k = program[at]
        at += 1
        if code == 0x20:
            value = struct.unpack_from("=I", data, k)[0]
        elif code == 0x06:
            return int(k)
        else:
            is_true = {0x15: value == k, 0x35: value >= k, 0x45: bool(value & k)}[code]
            at += if_true if is_true else if_false


@pytest.mark.parametrize("machine", NATIVE)
@pytest.mark.parametrize(
    ("call", "arguments", "verdict"),
    [
        ("read", (0,), ALLOW),
        ("mount", (), ERRNO | errno.EPERM),
        ("keyctl", (), ERRNO | errno.EPERM),
        ("ptrace", (), ERRNO | errno.EPERM),
        ("clone", (0x11,), ALLOW),
        ("clone", (0x3D0F00,), ALLOW),  # a thread
        ("clone", (0x10000011,), ERRNO | errno.EPERM),  # a user namespace
        ("clone", (0x00020011,), ERRNO | errno.EPERM),  # a mount namespace
        ("clone3", (), ERRNO | errno.ENOSYS),
        ("socket", (1, 1, 0), ALLOW),
        ("socket", (2, 1, 6), ALLOW),
        ("socket", (10, 1, 6), ALLOW),
        ("socket", (16, 3, 0), ALLOW),
        ("socket", (16, 3, 9), ERRNO | errno.EAFNOSUPPORT),
        ("socket", (17, 3, 0), ERRNO | errno.EAFNOSUPPORT),
        ("socket", (40, 1, 0), ERRNO | errno.EAFNOSUPPORT),
        ("ioctl", (0, 0x5401), ALLOW),
        ("ioctl", (0, 0x5412), ERRNO | errno.EPERM),
        ("ioctl", (0, 0xFF00005412), ERRNO | errno.EPERM),
    ],
)
def test_calls_are_judged_alike_on_both_machines(
    machine: str, call: str, arguments: tuple[int, ...], verdict: int
) -> None:
    """The numbers differ, the verdicts do not."""
    assert judge(machine, call, *arguments) == verdict


@pytest.mark.parametrize("machine", NATIVE)
def test_calls_of_another_architecture_end_the_process(machine: str) -> None:
    """32-bit calls have other numbers, so none of them may pass."""
    assert judge(machine, "read", architecture=0x40000003) == KILL


def test_the_x32_table_does_not_exist() -> None:
    """Its calls carry a bit that the filter looks for."""
    assert judge("x86_64", 0x40000000 + 39) == ERRNO | errno.ENOSYS


def test_an_unknown_machine_is_refused() -> None:
    """No filter is better than a wrong one only if nothing is run."""
    with pytest.raises(SetupError, match="riscv64"):
        build_filter("riscv64")
