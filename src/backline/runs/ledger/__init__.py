"""Every write to the ledger. Each function takes the connection of one transaction."""

from backline.runs.ledger.attempts import Ending, end_attempt, lose_attempt, start_attempt
from backline.runs.ledger.keys import free_key, hold_key, holder_of_key
from backline.runs.ledger.moves import move
from backline.runs.ledger.notes import keep_step, write_log, write_metadata
from backline.runs.ledger.opening import add_tags, lane_of, open_batch, open_run
from backline.runs.ledger.pauses import freeze, wake
from backline.runs.ledger.places import Ticket, admit, enqueue, reschedule
from backline.runs.ledger.stops import ask_to_cancel, cancel, expire

__all__ = [
    "Ending",
    "Ticket",
    "add_tags",
    "admit",
    "ask_to_cancel",
    "cancel",
    "end_attempt",
    "enqueue",
    "expire",
    "free_key",
    "freeze",
    "hold_key",
    "holder_of_key",
    "keep_step",
    "lane_of",
    "lose_attempt",
    "move",
    "open_batch",
    "open_run",
    "reschedule",
    "start_attempt",
    "wake",
    "write_log",
    "write_metadata",
]
