"""What an operator may choose, and the only place that reads the environment.

Every setting has a default under which ``backline dev`` runs on a laptop: one
data directory holds the database, the files and the server secret.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

import msgspec

from backline.errors import SetupError
from backline.ids import canonical_uuid

DEFAULT_PORT = 8787
BUILT_IN = ("content", "sandbox")
"""Backline's own tasks."""
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*(/[A-Za-z0-9][A-Za-z0-9._:-]*)*")


class ProviderSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Outside services that content may be made with; none is asked unless it is named here."""

    image: str = ""
    """``BACKLINE_IMAGE_PROVIDER``: ``fal:MODEL`` or ``openai:MODEL``; empty for none, as below."""
    motion: str = ""
    """``BACKLINE_MOTION_PROVIDER``: ``fal:MODEL``."""
    lipsync: str = ""
    """``BACKLINE_LIPSYNC_PROVIDER``: ``fal:MODEL``."""
    caption: str = ""
    """``BACKLINE_CAPTION_PROVIDER``: ``openai:MODEL``."""
    failure: str = "local"
    """``BACKLINE_PROVIDER_FAILURE``: ``local`` does without a provider that fails, ``fail`` fails the run."""
    timeout_seconds: int = 300
    """``BACKLINE_PROVIDER_TIMEOUT_SECONDS``: how long one picture, film or text may take."""
    fal_url: str = "https://queue.fal.run"
    """``BACKLINE_FAL_URL``: where fal's queue API is spoken."""
    fal_key: str = ""
    """``BACKLINE_FAL_KEY``."""
    openai_url: str = "https://api.openai.com/v1"
    """``BACKLINE_OPENAI_URL``: where OpenAI's API is spoken, by whomever."""
    openai_key: str = ""
    """``BACKLINE_OPENAI_KEY``; a server of your own may do without."""

    def __repr__(self) -> str:
        shown = (
            f"{name}={getattr(self, name)!r}"
            for name in self.__struct_fields__
            if "key" not in name
        )
        return f"ProviderSettings({', '.join(shown)})"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one process. Each field names its environment variable."""

    data_dir: Path
    """``BACKLINE_DATA_DIR``: where SQLite, files and the secret lie; default ``~/.backline``."""
    database_url: str
    """``BACKLINE_DATABASE_URL``: ``sqlite:///…`` or ``postgresql://…``."""
    storage_url: str
    """``BACKLINE_STORAGE_URL``: a folder, or ``s3://``, ``gs://``, ``az://`` and the like."""
    public_url: str
    """``BACKLINE_URL``: where callers reach the server; links begin with it. No slash at the end."""
    secret: bytes
    """``BACKLINE_SECRET``: signs links and hashes keys; made in the data directory if not given."""
    task_modules: tuple[str, ...] = ()
    """``BACKLINE_TASKS``: modules with tasks, separated by commas; workers import them."""
    built_in_tasks: tuple[str, ...] = BUILT_IN
    """``BACKLINE_BUILT_IN_TASKS``: those of backline's own that workers import too, or ``none``."""
    slots: int = 2
    """``BACKLINE_SLOTS``: runs that one worker executes at once; default the number of cores."""
    concurrency_limit: int = 100
    """``BACKLINE_CONCURRENCY_LIMIT``: runs that execute at once in all queues and workers together."""
    sandbox_dir: Path | None = None
    """``BACKLINE_SANDBOX_DIR``: where a worker keeps the homes of sandboxes; default beside its data."""
    sandbox_hosts: tuple[str, ...] = ()
    """``BACKLINE_SANDBOX_ALLOWED_HOSTS``: whom commands may reach, such as ``musicbrainz.org``; default nobody."""
    sandbox_cgroup: Path | None = None
    """``BACKLINE_SANDBOX_CGROUP``: a control group (v2) in which the kernel holds commands' memory."""
    is_sandbox_without_walls: bool = False
    """``BACKLINE_SANDBOX_WITHOUT_WALLS``: dangerous; see ``NO_WALLS`` for the words that it takes."""
    sandbox_retention_days: int = 7
    """``BACKLINE_SANDBOX_RETENTION_DAYS``: how long a sandbox's home is kept after its last use."""
    task_environment: tuple[str, ...] = ()
    """``BACKLINE_TASK_ENVIRONMENT``: names of variables that tasks may see, separated by commas."""
    grace_seconds: int = 5
    """``BACKLINE_GRACE_SECONDS``: how long a worker that stops lets its runs go on."""
    version: str = ""
    """``BACKLINE_VERSION``: the version that a worker announces; default a hash of the task code."""
    environment: str = "dev"
    """``BACKLINE_ENVIRONMENT``: ``dev`` or ``prod``; shown as the runs' ``env``."""
    schedule_account: str = ""
    """``BACKLINE_SCHEDULE_ACCOUNT``: whose the runs are of schedules that tasks declare; ``backline dev`` takes its own."""
    max_upload_bytes: int = 200 * 1024 * 1024
    """``BACKLINE_MAX_UPLOAD_MB``, in MiB: the largest file that may be uploaded."""
    allow_private_urls: bool = False
    """``BACKLINE_ALLOW_PRIVATE_URLS=1``: let callers' URLs point into private networks."""
    jwt_issuer: str = ""
    """``BACKLINE_JWT_ISSUER``: whose bearer tokens are taken; empty takes none."""
    jwt_audience: str = ""
    """``BACKLINE_JWT_AUDIENCE``: the audience that tokens must name, if set."""
    jwt_jwks: str = ""
    """``BACKLINE_JWT_JWKS``: URL or file of the issuer's key set."""
    vcpu_second_cents: float = 0.0
    """``BACKLINE_VCPU_SECOND_CENTS``: price of a core for a second; 0 when self-hosting."""
    gigabyte_second_cents: float = 0.0
    """``BACKLINE_GIGABYTE_SECOND_CENTS``: price of a gigabyte of memory for a second."""
    retention_days: int = 0
    """``BACKLINE_RETENTION_DAYS``: when runs that have ended are forgotten; 0 keeps them."""
    run_base_cents: float = 0.0
    """``BACKLINE_RUN_BASE_CENTS``: flat fee of a run."""
    providers: ProviderSettings = ProviderSettings()
    """Outside services that content may be made with."""

    @property
    def sandbox_retention_ms(self) -> int:
        """How long the homes of sandboxes are kept."""
        return self.sandbox_retention_days * 24 * 3600 * 1000

    @property
    def credentials_path(self) -> Path:
        """The file in which ``backline dev`` leaves URL and keys for local clients."""
        return self.data_dir / "credentials.json"


def read_settings(
    environ: Mapping[str, str] | None = None, *, data_dir: Path | None = None, **chosen: object
) -> Settings:
    """Read the environment; what a command line chose wins over it.

    Creates the data directory (mode 0700) and, when no secret is given, the
    secret in it. Raises ``SetupError`` naming the variable that makes no sense.
    """
    env = os.environ if environ is None else environ
    folder = (
        (data_dir or Path(env.get("BACKLINE_DATA_DIR") or "~/.backline")).expanduser().resolve()
    )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    values: dict[str, object] = {
        "data_dir": folder,
        "database_url": env.get("BACKLINE_DATABASE_URL") or f"sqlite:///{folder / 'backline.db'}",
        "storage_url": env.get("BACKLINE_STORAGE_URL") or str(folder / "files"),
        "public_url": (env.get("BACKLINE_URL") or f"http://127.0.0.1:{DEFAULT_PORT}").rstrip("/"),
        "secret": _secret(env.get("BACKLINE_SECRET", ""), folder),
        "task_modules": _names(env.get("BACKLINE_TASKS", "")),
        "built_in_tasks": _built_in(env.get("BACKLINE_BUILT_IN_TASKS", "")),
        "sandbox_dir": _folder(env.get("BACKLINE_SANDBOX_DIR", "")),
        "sandbox_hosts": _names(env.get("BACKLINE_SANDBOX_ALLOWED_HOSTS", "")),
        "sandbox_cgroup": _folder(env.get("BACKLINE_SANDBOX_CGROUP", "")),
        "is_sandbox_without_walls": _without_walls(env.get("BACKLINE_SANDBOX_WITHOUT_WALLS", "")),
        "sandbox_retention_days": _number(
            env, "BACKLINE_SANDBOX_RETENTION_DAYS", default=7, least=1, most=36_500
        ),
        "task_environment": _names(env.get("BACKLINE_TASK_ENVIRONMENT", "")),
        "slots": _number(env, "BACKLINE_SLOTS", default=os.cpu_count() or 1, least=1),
        "concurrency_limit": _number(env, "BACKLINE_CONCURRENCY_LIMIT", default=100, least=1),
        "grace_seconds": _number(env, "BACKLINE_GRACE_SECONDS", default=5, least=0),
        "version": env.get("BACKLINE_VERSION", ""),
        "environment": _environment(env.get("BACKLINE_ENVIRONMENT") or "dev"),
        "schedule_account": _account(env.get("BACKLINE_SCHEDULE_ACCOUNT", "")),
        "max_upload_bytes": _number(env, "BACKLINE_MAX_UPLOAD_MB", default=200, least=1) * 1024**2,
        "allow_private_urls": are_private_urls_allowed(env),
        "jwt_issuer": env.get("BACKLINE_JWT_ISSUER", ""),
        "jwt_audience": env.get("BACKLINE_JWT_AUDIENCE", ""),
        "jwt_jwks": env.get("BACKLINE_JWT_JWKS", ""),
        "vcpu_second_cents": _price(env, "BACKLINE_VCPU_SECOND_CENTS"),
        "gigabyte_second_cents": _price(env, "BACKLINE_GIGABYTE_SECOND_CENTS"),
        "retention_days": _number(env, "BACKLINE_RETENTION_DAYS", default=0, least=0),
        "run_base_cents": _price(env, "BACKLINE_RUN_BASE_CENTS"),
        "providers": _providers(env),
    }
    return Settings(**(values | chosen))  # type: ignore[arg-type]


PASSED_ENVIRONMENT = (
    "BACKLINE_ALLOW_PRIVATE_URLS",
    "HOME",
    "LANG",
    "LC_ALL",
    "PATH",
    "PYTHONPATH",
    "TMPDIR",
    "TZ",
    "USER",
)
"""What the processes of tasks see of the worker's environment without being told."""


def environment_of_tasks(
    settings: Settings, environ: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the environment for the processes of tasks: a short list, and what a setting adds."""
    env = os.environ if environ is None else environ
    names = (*PASSED_ENVIRONMENT, *settings.task_environment)
    return {name: env[name] for name in names if name in env}


def are_private_urls_allowed(environ: Mapping[str, str] | None = None) -> bool:
    """Say whether callers' URLs may point into private networks, also inside a task's process."""
    env = os.environ if environ is None else environ
    return env.get("BACKLINE_ALLOW_PRIVATE_URLS") == "1"


NO_WALLS = "every-command-may-read-and-change-this-machine"
"""What has to be said before commands run without walls; a mere 1 could be a slip."""


def _without_walls(text: str) -> bool:
    if text not in ("", NO_WALLS):
        raise SetupError(
            f"BACKLINE_SANDBOX_WITHOUT_WALLS={text!r}: leave it unset, or say {NO_WALLS}"
        )
    return text == NO_WALLS


def terminal_kind(environ: Mapping[str, str] | None = None) -> str:
    """Return what the person's terminal is called, for programs that draw on it."""
    env = os.environ if environ is None else environ
    return env.get("TERM") or "dumb"


def client_address(environ: Mapping[str, str] | None = None) -> tuple[str | None, str | None]:
    """Return ``BACKLINE_URL`` and ``BACKLINE_API_KEY``, which tell a client where to speak and as whom."""
    env = os.environ if environ is None else environ
    return env.get("BACKLINE_URL") or None, env.get("BACKLINE_API_KEY") or None


def _providers(env: Mapping[str, str]) -> ProviderSettings:
    plain = ProviderSettings()
    made = ProviderSettings(
        image=_provider(env, "BACKLINE_IMAGE_PROVIDER", ("fal", "openai")),
        motion=_provider(env, "BACKLINE_MOTION_PROVIDER", ("fal",)),
        lipsync=_provider(env, "BACKLINE_LIPSYNC_PROVIDER", ("fal",)),
        caption=_provider(env, "BACKLINE_CAPTION_PROVIDER", ("openai",)),
        failure=env.get("BACKLINE_PROVIDER_FAILURE") or plain.failure,
        timeout_seconds=_number(env, "BACKLINE_PROVIDER_TIMEOUT_SECONDS", default=300, least=1),
        fal_url=(env.get("BACKLINE_FAL_URL") or plain.fal_url).rstrip("/"),
        fal_key=env.get("BACKLINE_FAL_KEY", "").strip(),
        openai_url=(env.get("BACKLINE_OPENAI_URL") or plain.openai_url).rstrip("/"),
        openai_key=env.get("BACKLINE_OPENAI_KEY", "").strip(),
    )
    if made.failure not in ("local", "fail"):
        raise SetupError(f"BACKLINE_PROVIDER_FAILURE={made.failure!r}: use local or fail")
    if "fal" in _services(made) and not made.fal_key:
        raise SetupError("a provider is fal:…, but BACKLINE_FAL_KEY is not set")
    if "openai" in _services(made) and made.openai_url == plain.openai_url and not made.openai_key:
        raise SetupError("a provider is openai:…, but BACKLINE_OPENAI_KEY is not set")
    return made


def _services(providers: ProviderSettings) -> set[str]:
    named = (providers.image, providers.motion, providers.lipsync, providers.caption)
    return {name.partition(":")[0] for name in named if name}


def _provider(env: Mapping[str, str], name: str, services: tuple[str, ...]) -> str:
    text = env.get(name, "").strip()
    service, _, model = text.partition(":")
    if text and (service not in services or not _MODEL.fullmatch(model)):
        ways = " or ".join(f"{service}:MODEL" for service in services)
        raise SetupError(f"{name}={text!r} is not a provider: use {ways}")
    return text


def _folder(text: str) -> Path | None:
    return Path(text).expanduser().resolve() if text else None


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _number(
    env: Mapping[str, str], name: str, *, default: int, least: int, most: int | None = None
) -> int:
    text = env.get(name) or str(default)
    if not text.isdecimal() or int(text) < least:
        raise SetupError(f"{name}={text!r} is not a whole number of at least {least}")
    if most is not None and int(text) > most:
        raise SetupError(f"{name}={text!r} is more than {most}")
    return int(text)


def _price(env: Mapping[str, str], name: str) -> float:
    text = env.get(name) or "0"
    try:
        cents = float(text)
    except ValueError:
        cents = -1.0
    if not 0 <= cents < float("inf"):
        raise SetupError(f"{name}={text!r} is not a price in cents, such as 0.005")
    return cents


def _account(text: str) -> str:
    account_id = canonical_uuid(text.lower()) if text else ""
    if account_id is None:
        raise SetupError(f"BACKLINE_SCHEDULE_ACCOUNT={text[:64]!r} is not the id of an account")
    return account_id


def _built_in(text: str) -> tuple[str, ...]:
    if text == "none":
        return ()
    names = _names(text) or BUILT_IN
    if not set(names) <= set(BUILT_IN):
        raise SetupError(
            f"BACKLINE_BUILT_IN_TASKS={text!r}: use none, or one or both of {','.join(BUILT_IN)}"
        )
    return names


def _environment(name: str) -> str:
    if name not in ("dev", "prod"):
        raise SetupError(f"BACKLINE_ENVIRONMENT={name!r}: use dev or prod")
    return name


def _secret(given: str, folder: Path) -> bytes:
    if given:
        if len(given) < 16:
            raise SetupError(
                "BACKLINE_SECRET is shorter than 16 characters; make one: openssl rand -hex 32"
            )
        return given.encode()
    path = folder / "secret"
    if not path.exists():
        _write_once(path, secrets.token_hex(32))
    return path.read_text().strip().encode()


def _write_once(path: Path, text: str) -> None:
    """Create a private file; whoever comes second keeps the first one's text."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
