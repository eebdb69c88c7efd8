"""Run a task inside a test: no server, no worker, no database, the same task code.

::

    run = run_inline(create_content, {"songs": ["file_song"]}, files={"file_song": path})
    assert run.output["template"] == "album-record-store"
"""

from backline.testing.clock import StillClock
from backline.testing.context import InlineContext
from backline.testing.files import InlineFiles
from backline.testing.metadata import InlineMetadata
from backline.testing.run import InlineRun, run_inline

__all__ = [
    "InlineContext",
    "InlineFiles",
    "InlineMetadata",
    "InlineRun",
    "StillClock",
    "run_inline",
]
