"""The warm parents of a worker, one for each group of task modules.

A fork copies the page tables of everything that its parent loaded. Modules that
load much are therefore grouped apart, and the runs of others do not pay for them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from backline.errors import SetupError
from backline.runtime.zygote import Child, Zygote
from backline.sdk.registry import defined_twice


class Zygotes:
    """Forks each run from the parent that knows its task."""

    def __init__(self, groups: Sequence[Sequence[str]], environment: dict[str, str]) -> None:
        """``groups`` are lists of module names. Raises ``SetupError`` when one can not be imported."""
        with ThreadPoolExecutor() as side_by_side:
            starting = [side_by_side.submit(Zygote, group, environment) for group in groups]
        self._zygotes = [each.result() for each in starting if each.exception() is None]
        self._homes: dict[str, Zygote] = {}
        try:
            for each in starting:
                self._settle(each.result())
        except SetupError:
            self.close()
            raise
        self.tasks = {name: zygote.tasks[name] for name, zygote in self._homes.items()}
        """The tasks that the modules define, by identifier."""
        versions = "".join(zygote.code_version for zygote in self._zygotes)
        self.code_version = hashlib.sha256(versions.encode()).hexdigest()[:12]
        """A hash of the files that define them."""

    def _settle(self, zygote: Zygote) -> None:
        """Let a parent have the tasks that none before it knows: one may import another's."""
        for identifier, origin in zygote.origins.items():
            known = self._homes.setdefault(identifier, zygote).origins[identifier]
            if known != origin:
                raise SetupError(defined_twice(identifier, known, origin))

    @property
    def is_alive(self) -> bool:
        """Whether all of them still run."""
        return all(zygote.is_alive for zygote in self._zygotes)

    def fork(self, task_identifier: str) -> Child:
        """Take a process for one run of a known task. Raises ``SetupError`` when its parent is gone."""
        return self._homes[task_identifier].fork()

    def close(self) -> None:
        """End them and every child of theirs."""
        for zygote in self._zygotes:
            zygote.close()
