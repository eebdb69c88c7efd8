"""The corpus: every type of file with every kind of damage, under the name that a caller gave it.

Nothing of it is kept: the files are made when they are asked for, the same each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.corpus import films, pictures, sounds, words
from tests.corpus.damage import EVERYWHERE, Damage
from tests.corpus.specimens import FILMS, KINDS, PICTURES, SONGS, whole


class Case(NamedTuple):
    """One damaged file."""

    kind: str
    """The type that it was before, by its ending."""
    damage: str

    @property
    def file_name(self) -> str:
        return f"{self.damage}.{self.kind}"

    def content(self) -> bytes:
        """Make the damaged bytes."""
        return damages(self.kind)[self.damage](whole(self.kind))

    def write(self, folder: Path) -> Path:
        path = folder / self.file_name
        path.write_bytes(self.content())
        return path


def damages(kind: str) -> dict[str, Damage]:
    """Return all damage that is done to files of a kind."""
    families = {**dict.fromkeys(SONGS, sounds.damages), **dict.fromkeys(FILMS, films.damages)}
    families |= dict.fromkeys(PICTURES, pictures.damages)
    return EVERYWHERE | families.get(kind, words.damages)(kind)


def corpus(*kinds: str) -> Iterator[Case]:
    """List the damaged files of these kinds; of all kinds, when none is named."""
    for kind in kinds or KINDS:
        for damage in damages(kind):
            yield Case(kind, damage)
