"""Who may start next. The ledger decides; the engine only runs what was let in.

A run is let in when its lane and the environment have a place, its queue is
not paused and not over its rate. The transactions that ask are few: trigger,
end, freeze, wake, a changed limit; each is exclusive, so no place is given
away twice.
"""

from __future__ import annotations

import msgspec

from backline.db import Connection
from backline.engine.queue import RunQueue
from backline.engine.wakeup import DUE, ring_at_commit
from backline.runs import Run, catalog, ledger, queues

_PAGE = 50


class Room(msgspec.Struct):
    """How many more runs a lane takes, and the environment, and the queue that the lane is a copy of."""

    queue: queues.Queue
    places: int
    places_in_all: int


class Admission:
    """Hands waiting runs to the engine as far as there is room."""

    def __init__(self, queue: RunQueue, environment_limit: int) -> None:
        """``environment_limit`` is how many runs execute at once in all queues together."""
        self._queue = queue
        self._environment_limit = environment_limit

    def fill(self, connection: Connection, lane: str) -> None:
        """Let in what one lane has waiting, after something changed in it."""
        self._fill(connection, lane, self._room(connection, lane))

    def _fill(self, connection: Connection, lane: str, room: Room) -> None:
        most = room.places = min(room.places, room.places_in_all)
        while most > 0:
            page = queues.waiting(connection, most, lane=lane)
            for run_id, _ in page:
                self._let_in(connection, run_id, room)
            # Fewer than were asked for are all that there were.
            most = room.places if len(page) == most else 0

    def fill_freed(self, connection: Connection, lane: str) -> None:
        """Let in whoever is next after a place of the lane was given back.

        Only when the environment had been full may another lane be first.
        """
        room = self._room(connection, lane)
        if room.places_in_all > 1:
            self._fill(connection, lane, room)
        else:
            self.fill_all(connection)

    def fill_all(self, connection: Connection) -> None:
        """Let in whatever waits anywhere, in order."""
        room_in_all = self._environment_limit - queues.places_taken_in_all(connection)
        rooms: dict[str, Room] = {}
        while room_in_all > 0:
            full = frozenset(lane for lane, room in rooms.items() if room.places <= 0)
            page = queues.waiting(connection, min(_PAGE, room_in_all), not_in=full)
            if not page:
                return
            for run_id, lane in page:
                if lane not in rooms:
                    rooms[lane] = self._room(connection, lane)
                if rooms[lane].places > 0 and self._let_in(connection, run_id, rooms[lane]):
                    room_in_all -= 1

    def redirect(self, connection: Connection, run: Run, version: str) -> None:
        """Hand an admitted run on that came to a worker of this version which lacks its task.

        It goes to another version that announces the task. Where only other
        workers of the same version do, whoever is next tries; where nobody
        does, it waits without a place.
        """
        known = catalog.versions_of(connection, run.task_identifier)
        if not known:
            ledger.await_version(connection, run.id, run.needed_version)
            return
        others = [other for other in known if other != version]
        ledger.give_place_back(connection, run.id)
        ticket = ledger.admit(connection, run.id)
        if ticket is not None:
            target = ticket.version or (others[0] if others else None)
            self._queue.put(connection, msgspec.structs.replace(ticket, version=target))

    def _room(self, connection: Connection, lane: str) -> Room:
        standing = queues.standing(connection, lane)
        queue, in_all = standing.queue, self._environment_limit - standing.taken_in_all
        if queue.is_paused:
            return Room(queue, 0, in_all)
        places = self._environment_limit
        if queue.limit is not None:
            places = queue.limit - standing.taken
        if queue.rate_limit is not None:
            places = min(places, _starts_left(connection, queue))
        return Room(queue, places, in_all)

    def _let_in(self, connection: Connection, run_id: str, room: Room) -> bool:
        """Give a run a place, unless no worker of its version lives. Returns whether it has one."""
        is_rated = room.queue.rate_limit is not None
        if is_rated and _starts_left(connection, room.queue) <= 0:
            room.places = 0  # another lane of the queue had the last start
            return False
        ticket = ledger.admit(connection, run_id)
        if ticket is None:
            return False
        task, version = ticket.task_identifier, ticket.version
        if version is not None and catalog.find_task(connection, task, version) is None:
            ledger.await_version(connection, run_id, version)
            return False
        self._queue.put(connection, ticket)
        room.places -= 1
        if is_rated:
            queues.note_start(connection, room.queue)
        return True


def _starts_left(connection: Connection, queue: queues.Queue) -> int:
    left = queues.starts_left(connection, queue)
    if left <= 0:
        ring_at_commit(connection, DUE)
    return left
