"""Options that many commands share, worded once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

Data = Annotated[
    Path | None,
    Parameter(
        "--data",
        help="Data directory. Default: BACKLINE_DATA_DIR, else ~/.backline.",
        show_default=False,
    ),
]
Json = Annotated[
    bool, Parameter("--json", negative="", show_default=False, help="Print JSON, for programs.")
]
