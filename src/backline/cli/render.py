"""How things look in a terminal: JSON for programs, tables and bars for people.

Data goes to stdout; everything else, progress and complaints, to stderr, so
that a pipe carries data alone.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.console import Console


_SPELLED_OUT: Final = {
    code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"
}


def show(text: str) -> None:
    """Write a line of data to stdout, as it is."""
    sys.stdout.write(text + "\n")


def show_json(value: object) -> None:
    """Write a value to stdout as indented JSON."""
    import msgspec

    show(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def show_json_line(value: object) -> None:
    """Write a value to stdout as one line of JSON, for values that come one by one."""
    import msgspec

    show(msgspec.json.encode(value).decode())
    sys.stdout.flush()


def show_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write rows under headings to stdout; only the last column is broken to fit the terminal.

    A cell is plain text: what looks like markup in a caller's words stays as it is, and what
    would steer the terminal, as in the name of a file that a command made, is spelled out.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns[:-1]:
        table.add_column(column, no_wrap=True)
    table.add_column(columns[-1])
    for row in rows:
        table.add_row(*(Text(_harmless(cell)) for cell in row))
    console = Console(file=sys.stdout)
    # A file or a pipe has no width of its own, and folding there would break lines apart.
    if not console.is_terminal:
        console.width = 200
    console.print(table)


def tell(text: str) -> None:
    """Write a line for the person at the terminal, to stderr."""
    sys.stderr.write(_harmless(text) + "\n")


def complain(sentence: str) -> None:
    """Write what went wrong, and the next step, to stderr."""
    sys.stderr.write(f"backline: {_harmless(sentence)}\n")


def _harmless(text: str) -> str:
    """Spell out the characters that terminals obey, but line breaks and tabs: ``\\x1b`` for escape."""
    return text.translate(_SPELLED_OUT)


def terminal() -> Console:
    """Return the console for progress, on stderr."""
    from rich.console import Console

    return Console(file=sys.stderr)
