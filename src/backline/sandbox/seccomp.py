"""The kernel's doors that stay shut inside a sandbox, written as a filter that the kernel runs.

A deny list, because shells, compilers and interpreters need wide access. The
filter is a program for the kernel's classic BPF machine over ``struct
seccomp_data`` (number, architecture, arguments), see ``seccomp(2)``. It is made
here by hand, so that no library has to be on the host.
"""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Iterator
from typing import Final

from backline.errors import SetupError

_NUMBER_AT: Final = 0
_ARCHITECTURE_AT: Final = 4

_LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
_IF_EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_IF_AT_LEAST: Final = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_IF_ANY_BIT: Final = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_RETURN: Final = 0x06  # BPF_RET | BPF_K

_ALLOW: Final = 0x7FFF0000
_KILL_PROCESS: Final = 0x80000000
_FAIL_WITH: Final = 0x00050000

_X32_BIT: Final = 0x40000000
"""x86-64 kernels may offer a second table of calls; it is marked by this bit."""
_NEW_NAMESPACES: Final = 0x7E020000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET."""
_TERMINAL_TRICKS: Final = (0x5412, 0x541C, 0x541D, 0x5423)
"""TIOCSTI and TIOCLINUX type as if the terminal's user did, TIOCCONS draws the machine's console
to it, and TIOCSETD loads drivers of modems and networks, in which faults are found."""
_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK = 1, 2, 10, 16

Instruction = tuple[int, int, int, int]

_AUDIT_ARCHITECTURES: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# Call: (number on x86-64, number on aarch64), from the kernel's unistd headers; None is "has none".
_REFUSED: Final[dict[str, tuple[int | None, int | None]]] = {
    # mounts, roots and namespaces
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467),
    "unshare": (272, 97),
    "setns": (308, 268),
    # programs for the kernel, and ways around this filter
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    # keys of the kernel are not divided by sandbox
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    # into other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "personality": (135, 92),
    # the machine as a whole
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "create_module": (174, None),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "syslog": (103, 116),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "_sysctl": (156, None),
    "uselib": (134, None),
    "vhangup": (153, 58),
    "lookup_dcookie": (212, 18),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    # files by number instead of by path
    "fanotify_init": (300, 262),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    # memory that limits do not see, or that is moved about
    "mbind": (237, 235),
    "set_mempolicy": (238, 237),
    "set_mempolicy_home_node": (450, 450),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "vmsplice": (278, 75),
    "mlock": (149, 228),
    "mlock2": (325, 284),
    "mlockall": (151, 230),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "shmdt": (67, 197),
    "semget": (64, 190),
    "semop": (65, 193),
    "semctl": (66, 191),
    "semtimedop": (220, 192),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
}

# These two say "no such call": programs then fall back to an older way, which the filter can see.
_UNKNOWN: Final = {"clone3": (435, 435), "memfd_create": (319, 279)}

_CLONE: Final = (56, 220)
_SOCKET: Final = (41, 198)
_IOCTL: Final = (16, 29)


def build_filter(machine: str | None = None) -> bytes:
    """Return the filter as an array of ``struct sock_filter``, as ``bwrap --seccomp`` takes it.

    ``machine`` is ``x86_64`` or ``aarch64``, this host's if not said. Raises
    ``SetupError`` for any other, since numbers of calls differ between them.
    """
    machine = machine or platform.machine()
    if machine not in _AUDIT_ARCHITECTURES:
        raise SetupError(
            f"no seccomp filter is written for {machine!r}: run sandboxes on x86_64 or aarch64"
        )
    program = _program(machine)
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def _program(machine: str) -> Iterator[Instruction]:
    column = 0 if machine == "x86_64" else 1
    yield (_LOAD, 0, 0, _ARCHITECTURE_AT)
    yield from _unless(_IF_EQUAL, _AUDIT_ARCHITECTURES[machine], _KILL_PROCESS)
    yield (_LOAD, 0, 0, _NUMBER_AT)
    if machine == "x86_64":
        yield from _when(_IF_AT_LEAST, _X32_BIT, _fail(errno.ENOSYS))
    for numbers in _REFUSED.values():
        if (number := numbers[column]) is not None:
            yield from _when(_IF_EQUAL, number, _fail(errno.EPERM))
    for known in _UNKNOWN.values():
        yield from _when(_IF_EQUAL, known[column], _fail(errno.ENOSYS))
    yield from _in_call(_CLONE[column], _judge_clone())
    yield from _in_call(_SOCKET[column], _judge_socket())
    yield from _in_call(_IOCTL[column], _judge_ioctl())
    yield (_RETURN, 0, 0, _ALLOW)


def _judge_clone() -> Iterator[Instruction]:
    yield (_LOAD, 0, 0, _argument_at(0))
    yield from _when(_IF_ANY_BIT, _NEW_NAMESPACES, _fail(errno.EPERM))


def _judge_socket() -> Iterator[Instruction]:
    """Allow local, IPv4, IPv6 and plain routing sockets; vsock, packet, alg and the rest are none.

    Routing (netlink, protocol 0) only tells of the sandbox's own interfaces;
    without it interpreters fail to list them.
    """
    yield (_LOAD, 0, 0, _argument_at(0))
    for family in (_AF_UNIX, _AF_INET, _AF_INET6):
        yield from _when(_IF_EQUAL, family, _ALLOW)
    yield from _unless(_IF_EQUAL, _AF_NETLINK, _fail(errno.EAFNOSUPPORT))
    yield (_LOAD, 0, 0, _argument_at(2))
    yield from _unless(_IF_EQUAL, 0, _fail(errno.EAFNOSUPPORT))


def _judge_ioctl() -> Iterator[Instruction]:
    """Look at the low half of the request only, as the kernel does (CVE-2019-10063)."""
    yield (_LOAD, 0, 0, _argument_at(1))
    for request in _TERMINAL_TRICKS:
        yield from _when(_IF_EQUAL, request, _fail(errno.EPERM))


def _in_call(number: int, judgement: Iterator[Instruction]) -> Iterator[Instruction]:
    """Apply a judgement to one call; what it does not refuse is allowed."""
    body = [*judgement, (_RETURN, 0, 0, _ALLOW)]
    yield (_IF_EQUAL, 0, len(body), number)
    yield from body


def _when(test: int, value: int, verdict: int) -> tuple[Instruction, Instruction]:
    return (test, 0, 1, value), (_RETURN, 0, 0, verdict)


def _unless(test: int, value: int, verdict: int) -> tuple[Instruction, Instruction]:
    return (test, 1, 0, value), (_RETURN, 0, 0, verdict)


def _fail(number: int) -> int:
    return _FAIL_WITH | number


def _argument_at(index: int) -> int:
    """Where the low half of a call's argument lies; both machines are little-endian."""
    return 16 + 8 * index
