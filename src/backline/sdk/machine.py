"""The sizes of machines that a run may ask for: what it is billed for and how much memory it gets.

Names, cores and gigabytes are Trigger.dev's. backline has no machines of its
own to hand out: the memory is a limit on the run's process, the cores count
for the price alone.
"""

from __future__ import annotations

import msgspec


class Machine(msgspec.Struct, frozen=True):
    """A preset."""

    name: str
    vcpus: float
    gigabytes: float

    @property
    def memory_bytes(self) -> int:
        """The most memory that a run on it may use."""
        return round(self.gigabytes * 1024**3)

    def next_larger(self) -> Machine | None:
        """Return the smallest machine with more memory; None for the largest."""
        larger = [each for each in MACHINES.values() if each.gigabytes > self.gigabytes]
        return min(larger, key=lambda each: each.gigabytes, default=None)

    def cents_per_second(self, vcpu_second_cents: float, gigabyte_second_cents: float) -> float:
        """Return what a second on it costs at these rates."""
        return self.vcpus * vcpu_second_cents + self.gigabytes * gigabyte_second_cents


MACHINES = {
    machine.name: machine
    for machine in (
        Machine("micro", 0.25, 0.25),
        Machine("small-1x", 0.5, 0.5),
        Machine("small-2x", 1, 1),
        Machine("medium-1x", 1, 2),
        Machine("medium-2x", 2, 4),
        Machine("large-1x", 4, 8),
        Machine("large-2x", 8, 16),
    )
}

DEFAULT_MACHINE = "small-1x"
