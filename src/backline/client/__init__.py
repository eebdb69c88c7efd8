"""The API from Python: trigger a task, follow its run, bring files there and back.

::

    with Client("http://127.0.0.1:8787", api_key) as backline:
        triggered = backline.runs.trigger("hello-world", {"name": "Ada"})
        for run in backline.runs.follow(triggered.run_id):
            print(run.status, run.current_step)
"""

from backline.client.client import Client
from backline.client.run import FINAL_STATUSES, Attempt, Run, RunError

__all__ = ["FINAL_STATUSES", "Attempt", "Client", "Run", "RunError"]
