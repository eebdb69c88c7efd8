"""What makes runs happen. DBOS lives here, and nowhere else."""

from backline.engine.dispatch import Dispatch, Triggered
from backline.engine.queue import RunQueue
from backline.engine.relay import Relay, open_relay
from backline.engine.retention import Retention
from backline.engine.schema import prepare_engine_tables
from backline.engine.session import Desk
from backline.engine.supervisor import Supervisor
from backline.engine.wakeup import ANYTHING, Bell

__all__ = [
    "ANYTHING",
    "Bell",
    "Desk",
    "Dispatch",
    "Relay",
    "Retention",
    "RunQueue",
    "Supervisor",
    "Triggered",
    "open_relay",
    "prepare_engine_tables",
]
