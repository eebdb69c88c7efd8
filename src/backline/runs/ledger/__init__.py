"""Every write to the ledger. Each function takes the connection of one transaction."""

from backline.runs.ledger.attempts import Ending, Loss, end_attempt, lose_attempt, start_attempt
from backline.runs.ledger.batches import add_items, open_batch
from backline.runs.ledger.debounces import due_at, push_back, remember
from backline.runs.ledger.keys import (
    attempt_scope,
    free_key,
    hold_key,
    holder_of_key,
    reset_key,
)
from backline.runs.ledger.moves import holds, lock, move
from backline.runs.ledger.notes import keep_step, write_log
from backline.runs.ledger.opening import add_tags, adopt, lane_of, open_run
from backline.runs.ledger.pauses import freeze, wake
from backline.runs.ledger.places import Ticket, admit, enqueue, reschedule
from backline.runs.ledger.stops import CANCELED_BY_CALLER, ask_to_cancel, cancel, expire
from backline.runs.ledger.versions import admitted_on, await_version, bind, give_place_back

__all__ = [
    "CANCELED_BY_CALLER",
    "Ending",
    "Loss",
    "Ticket",
    "add_items",
    "add_tags",
    "admit",
    "admitted_on",
    "adopt",
    "ask_to_cancel",
    "attempt_scope",
    "await_version",
    "bind",
    "cancel",
    "due_at",
    "end_attempt",
    "enqueue",
    "expire",
    "free_key",
    "freeze",
    "give_place_back",
    "hold_key",
    "holder_of_key",
    "holds",
    "keep_step",
    "lane_of",
    "lock",
    "lose_attempt",
    "move",
    "open_batch",
    "open_run",
    "push_back",
    "remember",
    "reschedule",
    "reset_key",
    "start_attempt",
    "wake",
    "write_log",
]
