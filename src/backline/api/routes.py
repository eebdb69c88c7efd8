"""Every path of the API, in one list."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from backline.api import welcome
from backline.api.recoup import accounts, content, files, sandboxes, task_runs

ROUTES: list[ControllerRouterHandler] = [
    task_runs.get_task_runs,
    task_runs.trigger_task_run,
    content.create_content,
    content.list_templates,
    content.get_template,
    files.upload_files,
    files.list_files,
    files.open_file,
    sandboxes.list_sandboxes,
    sandboxes.create_sandbox,
    sandboxes.change_sandbox,
    sandboxes.empty_sandbox,
    sandboxes.set_up_sandbox,
    sandboxes.list_snapshots,
    sandboxes.read_sandbox_file,
    sandboxes.write_sandbox_files,
    accounts.get_account_id,
    accounts.list_organizations,
    accounts.list_artists,
    welcome.welcome,
    welcome.describe_api,
    welcome.check_health,
]
