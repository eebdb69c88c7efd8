"""Every path of the API, in one list."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from backline.api import welcome
from backline.api.recoup import (
    accounts,
    advice,
    batches,
    content,
    files,
    queues,
    run_acts,
    run_story,
    sandboxes,
    task_runs,
    tokens,
)

ROUTES: list[ControllerRouterHandler] = [
    task_runs.get_task_runs,
    task_runs.trigger_task_run,
    run_acts.cancel_run,
    run_acts.replay_run,
    run_acts.reschedule_run,
    run_story.get_run_log,
    run_story.get_run_events,
    run_story.stream_run,
    batches.trigger_batch,
    batches.get_batch,
    tokens.create_token,
    tokens.list_tokens,
    tokens.get_token,
    tokens.complete_token,
    tokens.call_token_back,
    queues.list_queues,
    queues.pause_queue,
    queues.resume_queue,
    queues.limit_queue,
    content.create_content,
    advice.estimate_content,
    advice.validate_content,
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
