"""Starting backline: all in one process, or server and workers apart."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter, validators

from backline.cli.options import Data
from backline.errors import SetupError
from backline.settings import DEFAULT_PORT, Settings, client_address, read_settings

Port = Annotated[
    int, Parameter(help="Port to listen on.", validator=validators.Number(gte=1, lte=65_535))
]
Host = Annotated[str, Parameter(help="Address to listen on; 0.0.0.0 is every one.")]
Slots = Annotated[
    int | None,
    Parameter(
        help="Runs to execute at once. Default: BACKLINE_SLOTS, else the number of cores.",
        validator=validators.Number(gte=1),
        show_default=False,
    ),
]
Tasks = Annotated[
    tuple[str, ...],
    Parameter(
        help="Modules with tasks to load, such as label.tasks. Added to BACKLINE_TASKS.",
        consume_multiple=True,
        negative="",
        show_default=False,
    ),
]
Workers = Annotated[
    int, Parameter(help="Server processes, about one a core.", validator=validators.Number(gte=1))
]


def dev(
    *,
    port: Port = DEFAULT_PORT,
    host: Host = "127.0.0.1",
    data: Data = None,
    slots: Slots = None,
    tasks: Tasks = (),
) -> None:
    """Run server and worker in one process, for one machine, until stopped.

    Prints "ready" with its URL, and leaves URL and keys for local clients in
    credentials.json in the data directory.
    """
    from backline import dev as assembly

    _check_free(host, port)
    assembly.run(_public(_settings(data, slots, tasks), host, port), host, port)


def server(
    *, port: Port = DEFAULT_PORT, host: Host = "127.0.0.1", workers: Workers = 1, data: Data = None
) -> None:
    """Run the HTTP server alone, beside any number of workers, until stopped."""
    from backline import server as assembly

    _check_free(host, port)
    assembly.serve(_public(read_settings(data_dir=data), host, port), host, port, workers)


def worker(*, slots: Slots = None, tasks: Tasks = (), data: Data = None) -> None:
    """Run one machine's worker alone, until stopped. Start as many as there are machines."""
    from backline import workers as assembly

    assembly.run(_settings(data, slots, tasks))


def _settings(data: Path | None, slots: int | None, tasks: tuple[str, ...]) -> Settings:
    """Read the settings, with what the command line chose on top."""
    settings = read_settings(data_dir=data)
    modules = tuple(dict.fromkeys([*settings.task_modules, *tasks]))
    return msgspec.structs.replace(settings, slots=slots or settings.slots, task_modules=modules)


def _check_free(host: str, port: int) -> None:
    """Refuse, before anything is opened, an address that we can not listen on."""
    kind = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as trouble:
        raise SetupError(
            f"can not listen on {host} port {port} ({trouble.strerror or trouble}):"
            " choose another with --port, or stop what listens there"
        ) from None


def _public(settings: Settings, host: str, port: int) -> Settings:
    """Let links begin with where we listen, unless ``BACKLINE_URL`` says how callers reach us."""
    url, _ = client_address()
    if url is not None:
        return settings
    near = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
    bracketed = f"[{near}]" if ":" in near else near
    return msgspec.structs.replace(settings, public_url=f"http://{bracketed}:{port}")
