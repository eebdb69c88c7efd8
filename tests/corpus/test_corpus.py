"""Whatever is sent, it ends as a video or in words that help, within its memory and its minute."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from backline.content.tasks import create_content
from backline.sdk.machine import MACHINES
from tests.corpus.bench import faults
from tests.corpus.catalog import Case, corpus, damages
from tests.corpus.damage import EVERYWHERE
from tests.corpus.specimens import KINDS, whole

MOST_BYTES = MACHINES[create_content.facts.machine].memory_bytes
COSTLY = {"bomb-with-transparency", "bomb-interlaced", "bomb-of-colour", "hours-of-silence"}
"""Takes a second or more each; their like is in the quick cut."""


def quick(kind: str, number: int) -> Iterator[Case]:
    """Choose all that is wrong with this kind alone, and a sixth of what befalls any file."""
    for case in corpus(kind):
        if case.damage not in EVERYWHERE and case.damage not in COSTLY:
            yield case
    yield from islice((Case(kind, damage) for damage in EVERYWHERE), number % 6, None, 6)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_forty_kinds_of_damage(kind: str) -> None:
    """And each of them changes the file."""
    found = damages(kind)
    assert len(found) >= 40
    unchanged = [name for name, damage in found.items() if damage(whole(kind)) == whole(kind)]
    assert unchanged == []


@pytest.mark.parametrize("kind", KINDS)
def test_damage_ends_in_a_video_or_in_words(kind: str, tmp_path: Path) -> None:
    """Never in a dead process, another exception, or more memory than the run may use."""
    assert faults(quick(kind, KINDS.index(kind)), tmp_path, MOST_BYTES) == []


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_all_damage_ends_in_a_video_or_in_words(kind: str, tmp_path: Path) -> None:
    """The whole corpus."""
    assert faults(corpus(kind), tmp_path, MOST_BYTES) == []
