from __future__ import annotations

import stat
from pathlib import Path

import pytest

from backline.errors import SetupError
from backline.settings import environment_of_tasks, read_settings
from backline.workers import BUILT_IN_TASKS


def test_an_empty_environment_runs_on_a_laptop(tmp_path: Path) -> None:
    """Database, files and secret lie in the data directory."""
    settings = read_settings({}, data_dir=tmp_path / "data")
    assert settings.database_url == f"sqlite:///{tmp_path / 'data' / 'backline.db'}"
    assert settings.storage_url == str(tmp_path / "data" / "files")
    assert settings.slots >= 1


def test_the_secret_is_made_once_and_private(tmp_path: Path) -> None:
    """Two processes of one data directory share a secret that nobody else can read."""
    first, second = (read_settings({}, data_dir=tmp_path / "data").secret for _ in range(2))
    assert first == second and len(first) == 64
    assert stat.S_IMODE((tmp_path / "data" / "secret").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BACKLINE_SLOTS", "0"),
        ("BACKLINE_SLOTS", "many"),
        ("BACKLINE_CONCURRENCY_LIMIT", "0"),
        ("BACKLINE_BUILT_IN_TASKS", "content,video"),
        ("BACKLINE_SECRET", "short"),
        ("BACKLINE_ENVIRONMENT", "staging"),
        ("BACKLINE_RUN_BASE_CENTS", "nan"),
        ("BACKLINE_VCPU_SECOND_CENTS", "-1"),
        ("BACKLINE_IMAGE_PROVIDER", "nano-banana"),
        ("BACKLINE_IMAGE_PROVIDER", "fal:../admin"),
        ("BACKLINE_IMAGE_PROVIDER", "fal:"),
        ("BACKLINE_MOTION_PROVIDER", "openai:sora"),
        ("BACKLINE_CAPTION_PROVIDER", "fal:any-llm"),
        ("BACKLINE_PROVIDER_FAILURE", "retry"),
        ("BACKLINE_PROVIDER_TIMEOUT_SECONDS", "0"),
        ("BACKLINE_SANDBOX_RETENTION_DAYS", "0"),
        ("BACKLINE_SANDBOX_RETENTION_DAYS", "99999999999"),
    ],
)
def test_a_senseless_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    """The message says which variable to change."""
    with pytest.raises(SetupError, match=name):
        read_settings({name: value}, data_dir=tmp_path)


@pytest.mark.parametrize(
    ("value", "names"),
    [("", ("content", "sandbox")), ("none", ()), ("sandbox", ("sandbox",))],
)
def test_a_worker_may_leave_built_in_tasks_to_others(
    tmp_path: Path, value: str, names: tuple[str, ...]
) -> None:
    """Both are there unless others are named, or none."""
    settings = read_settings({"BACKLINE_BUILT_IN_TASKS": value}, data_dir=tmp_path)
    assert settings.built_in_tasks == names
    assert set(names) <= set(BUILT_IN_TASKS)


def test_a_refused_secret_is_not_repeated(tmp_path: Path) -> None:
    """Even a bad secret stays out of messages."""
    with pytest.raises(SetupError) as refusal:
        read_settings({"BACKLINE_SECRET": "hunter2"}, data_dir=tmp_path)
    assert "hunter2" not in str(refusal.value)


def test_tasks_see_a_short_environment(tmp_path: Path) -> None:
    """Only what is listed, or named by the setting, is passed on."""
    env = {
        "PATH": "/bin",
        "AWS_SECRET_ACCESS_KEY": "x",
        "FAL_KEY": "y",
        "BACKLINE_SECRET": "z" * 16,
    }
    settings = read_settings(env | {"BACKLINE_TASK_ENVIRONMENT": "FAL_KEY"}, data_dir=tmp_path)
    assert environment_of_tasks(settings, env) == {"PATH": "/bin", "FAL_KEY": "y"}


@pytest.mark.parametrize(
    ("provider", "key"),
    [("fal:owner/model", "BACKLINE_FAL_KEY"), ("openai:gpt", "BACKLINE_OPENAI_KEY")],
)
def test_a_provider_without_its_key_is_refused_at_the_start(
    tmp_path: Path, provider: str, key: str
) -> None:
    """Rather then than in somebody's run; a server of one's own may do without a key."""
    with pytest.raises(SetupError, match=key):
        read_settings({"BACKLINE_IMAGE_PROVIDER": provider}, data_dir=tmp_path)
    env = {
        "BACKLINE_CAPTION_PROVIDER": "openai:llama",
        "BACKLINE_OPENAI_URL": "http://127.0.0.1:9/v1/",
    }
    providers = read_settings(env, data_dir=tmp_path).providers
    assert (providers.caption, providers.openai_url) == ("openai:llama", "http://127.0.0.1:9/v1")


def test_keys_of_providers_are_not_shown(tmp_path: Path) -> None:
    """Neither where settings are printed nor in the environment of tasks."""
    env = {"BACKLINE_FAL_KEY": "secret-f", "BACKLINE_OPENAI_KEY": "secret-o", "PATH": "/bin"}
    settings = read_settings(env, data_dir=tmp_path)
    assert settings.providers.fal_key == "secret-f"
    assert "secret-" not in repr(settings)
    assert environment_of_tasks(settings, env) == {"PATH": "/bin"}
