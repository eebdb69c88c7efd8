"""Draw docs/images/sandbox-run.svg: a terminal in which `backline sandbox run` really ran.

python scripts/make_sandbox_picture.py
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from backline.cli.embedded import embedded_server
from backline.settings import read_settings

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "sandbox-run.svg"
COLUMNS = 92
COMMANDS = (
    ("echo 'verse, chorus, verse' > song.txt; wc -w song.txt", False),
    ("cat song.txt; id -un; ls /home; exit 3", True),
    ("cat /etc/shadow; curl -sS https://example.com", False),
    ("echo begun; sleep 60", False),
)
OPTIONS = {"echo begun; sleep 60": ("--timeout", "1")}


def main() -> None:
    """Run the commands, one after another in one sandbox, and draw what was seen."""
    # The picture needs no font of the web: whoever looks at it has one of even width.
    plain = re.sub(r"@font-face \{\{.*?\}\}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    plain = re.sub(r"<!--.*?-->", "", plain)
    plain = plain.replace("Fira Code", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono")
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True)
    with tempfile.TemporaryDirectory(prefix="backline-picture-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        environ = {"BACKLINE_DATA_DIR": str(folder / "data")}
        os.environ["BACKLINE_SANDBOX_DIR"] = str(folder / "homes")
        with embedded_server(read_settings(environ)):
            for command, shows_code in COMMANDS:
                show(console, command, shows_code, environ)
    PICTURE.write_text(console.export_svg(title="backline", code_format=plain))


def show(console: Console, command: str, shows_code: bool, environ: dict[str, str]) -> None:
    """Run one command as a person would, and write down what the terminal shows."""
    words = ["sandbox", "run", command, *OPTIONS.get(command, ())]
    quoted = f'"{command}"' if "'" in command else shlex.quote(command)
    line = ["backline", "sandbox", "run", quoted, *OPTIONS.get(command, ())]
    ended = subprocess.run(
        [sys.executable, "-m", "backline.cli", *words],
        env=os.environ | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    console.print(Text.assemble(("$ ", "bold green"), (" ".join(line), "bold")))
    console.print(Text(ended.stdout.rstrip("\n"), "default"))
    if shows_code:
        console.print(Text.assemble(("$ ", "bold green"), ("echo $?", "bold")))
        console.print(Text(str(ended.returncode)))


if __name__ == "__main__":
    main()
