"""What a worker can run reaches it whole, however much it is."""

from __future__ import annotations

import os

import msgspec

from backline.runtime import Zygote
from tests.processes import ROOT
from tests.runtime.many_tasks import COUNT


def test_many_tasks_with_large_schemas_are_all_announced() -> None:
    """Each with the schema of its payload; together they are far more than one message."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    zygote = Zygote(("tests.runtime.many_tasks",), environment)
    try:
        assert len(zygote.tasks) == COUNT and zygote.code_version
        schemas = [facts.payload_schema for facts in zygote.tasks.values()]
        assert len(msgspec.json.encode(schemas)) > 500_000
        assert all(schemas)
    finally:
        zygote.close()
