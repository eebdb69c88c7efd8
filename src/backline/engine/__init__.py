"""What makes runs happen. DBOS lives here, and nowhere else."""

from backline.engine.dispatch import Dispatch
from backline.engine.schema import prepare_engine_tables
from backline.engine.supervisor import Supervisor

__all__ = ["Dispatch", "Supervisor", "prepare_engine_tables"]
