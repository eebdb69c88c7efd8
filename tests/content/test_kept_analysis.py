"""A song is heard once: what was found is kept, found again, and believed only when it is whole."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from backline.clock import now_ms
from backline.content import kept_analysis
from backline.content.analysis import Analysis, analyse, analysis_version
from backline.content.analysis_desk import AnalysisDesk, forget_analyses
from backline.content.kept_analysis import pack, recall_or_analyse, unpack
from backline.errors import AbortRun, MediaError
from backline.sdk import RunFacts
from backline.storage import open_store
from backline.testing import InlineContext, InlineFiles
from tests.sounds import click_track, tone, write_audio


class Asking(NamedTuple):
    account_id: str


class House:
    """Storage with a desk before it, and runs that ask."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = folder / "storage"
        self.desk = AnalysisDesk(open_store(str(self.files)))

    def run(self, name: str, account_id: str = "alice") -> InlineContext:
        workdir = self.folder / name
        workdir.mkdir(exist_ok=True)
        facts = RunFacts(id=f"run_{name}", task_identifier="t", account_id=account_id)
        answer = self._answering(account_id, workdir)
        files = InlineFiles(workdir / "files", {})
        return InlineContext(facts, workdir, files, services={"analyses": answer})

    def _answering(self, account_id: str, workdir: Path) -> Callable[[Any], Any]:
        return lambda request: self.desk(Asking(account_id), request, workdir)

    def entries(self) -> list[Path]:
        return [path for path in self.files.rglob("*") if path.is_file()]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return write_audio(tmp_path / "song.wav", click_track(120, 12)[0] + tone(220, 12, 0.1))


def same(one: Analysis, other: Analysis) -> bool:
    arrays = np.array_equal(one.mel, other.mel) and np.array_equal(one.notes, other.notes)
    return arrays and one.rhythm == other.rhythm and repr(one) == repr(other)


def test_the_second_run_finds_what_the_first_one_kept(house: House, song: Path) -> None:
    """To the bit, so that its video is the same whether or not the song was known."""
    first, was_known = recall_or_analyse(house.run("one"), song)
    assert not was_known
    second, was_known = recall_or_analyse(house.run("two"), song)
    assert was_known
    assert same(first, second) and same(second, analyse(song))
    assert len(house.entries()) == 1


def test_a_known_song_is_not_decoded(
    house: House, song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Listening is what is saved."""
    recall_or_analyse(house.run("one"), song)

    def never(_: Path) -> Analysis:
        raise AssertionError("it was listened to again")

    monkeypatch.setattr(kept_analysis, "analyse", never)
    assert recall_or_analyse(house.run("two"), song)[1]


def test_a_song_is_known_by_its_content(house: House, song: Path) -> None:
    """Under another name it is the same song; one byte more is another one."""
    recall_or_analyse(house.run("one"), song)
    other = song.with_name("other.wav")
    other.write_bytes(song.read_bytes())
    assert recall_or_analyse(house.run("two"), other)[1]
    other.write_bytes(song.read_bytes() + b"\0")
    assert not recall_or_analyse(house.run("three"), other)[1]


def test_accounts_do_not_learn_what_others_have(house: House, song: Path) -> None:
    """Bob's first video of a song takes as long as if Alice had none."""
    recall_or_analyse(house.run("one", "alice"), song)
    assert not recall_or_analyse(house.run("two", "bob"), song)[1]


def test_another_way_of_listening_is_another_entry(
    house: House, song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an older version found is left alone."""
    recall_or_analyse(house.run("one"), song)
    monkeypatch.setattr(kept_analysis, "analysis_version", lambda: "0" * 16)
    assert not recall_or_analyse(house.run("two"), song)[1]
    assert len(house.entries()) == 2


def test_the_version_names_the_code_that_listens() -> None:
    """It is the same each time, and fit for a path."""
    assert analysis_version() == analysis_version()
    assert len(analysis_version()) == 16


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:0],
        lambda data: data[:20],
        lambda data: data[: len(data) // 2],
        lambda data: data + b"\0",
        lambda data: data[:99] + bytes([data[99] ^ 1]) + data[100:],
        lambda data: bytes(len(data)),
        lambda data: b"<html>" + data,
    ],
    ids=["empty", "a hash's part", "a half", "longer", "one bit", "zeros", "a page"],
)
def test_a_damaged_entry_counts_as_none_and_is_replaced(
    house: House, song: Path, damage: Callable[[bytes], bytes]
) -> None:
    """The song is heard again, and the run after that finds a whole entry."""
    found, _ = recall_or_analyse(house.run("one"), song)
    [entry] = house.entries()
    entry.write_bytes(damage(entry.read_bytes()))
    again, was_known = recall_or_analyse(house.run("two"), song)
    assert not was_known and same(again, found)
    assert recall_or_analyse(house.run("three"), song)[1]


def test_an_entry_of_another_shape_counts_as_none(song: Path) -> None:
    """A body that its hash vouches for may still be somebody else's idea of an analysis."""
    from hashlib import sha256

    import msgspec

    body = msgspec.msgpack.encode({"mel": b"abc", "notes": b""})
    assert unpack(sha256(body).digest() + body) is None
    found = unpack(pack(analyse(song)))
    assert found is not None and same(found, analyse(song))


def test_runs_that_keep_the_same_song_at_once_leave_one_whole_entry(
    house: House, song: Path
) -> None:
    """Eight writers, no torn file."""
    contexts = [house.run(f"run{number}") for number in range(8)]
    threads = [threading.Thread(target=recall_or_analyse, args=(ctx, song)) for ctx in contexts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [entry] = house.entries()
    assert unpack(entry.read_bytes()) is not None


def test_without_the_service_songs_are_heard_each_time(tmp_path: Path, song: Path) -> None:
    """A worker that keeps nothing makes the same video, later."""
    facts = RunFacts(id="run_x", task_identifier="t", account_id="alice")
    ctx = InlineContext(facts, tmp_path, InlineFiles(tmp_path / "files", {}))
    assert not recall_or_analyse(ctx, song)[1]


def test_trouble_with_storage_is_not_the_runs_trouble(house: House, song: Path) -> None:
    """A file where a folder should be: nothing can be kept, and the song is heard."""
    (house.files / "analyses").write_text("in the way")
    assert not recall_or_analyse(house.run("one"), song)[1]
    assert not recall_or_analyse(house.run("two"), song)[1]


def test_what_is_no_song_is_refused_and_not_kept(house: House, tmp_path: Path) -> None:
    """The refusal names the file, as ever."""
    path = tmp_path / "words.mp3"
    path.write_text("la la la")
    with pytest.raises(MediaError, match=r"words\.mp3"):
        recall_or_analyse(house.run("one"), path)
    assert house.entries() == []


@pytest.mark.parametrize(
    "question",
    [
        {"type": "find", "digest": "../../secret", "version": "0" * 16, "path": "a"},
        {"type": "find", "digest": "a" * 64, "version": "../" * 6, "path": "a"},
        {"type": "keep", "digest": "a" * 64, "version": "0" * 16, "path": "/etc/passwd"},
        {"type": "keep", "digest": "a" * 64, "version": "0" * 16, "path": "../one/../../x"},
        {"type": "drop", "digest": "a" * 64},
        "nonsense",
    ],
)
def test_a_task_can_not_reach_past_its_entries(house: House, question: Any) -> None:
    """Neither other keys of storage nor files outside the run's folder."""
    with pytest.raises(AbortRun):
        house.run("one").service("analyses", question)
    assert house.entries() == []


def test_old_entries_are_forgotten(house: House, song: Path) -> None:
    """What was kept before a moment goes, what came later stays, and so does everything else in storage."""
    store = open_store(str(house.files))
    other = house.files / "alice" / "song.wav"
    other.parent.mkdir()
    other.write_bytes(b"sound")
    os.utime(other, (1, 1))
    recall_or_analyse(house.run("one"), song)
    assert forget_analyses(store, now_ms() - 60_000) == 0
    os.utime(next(path for path in house.entries() if path != other), (1, 1))
    assert forget_analyses(store, now_ms() - 60_000) == 1
    assert house.entries() == [other]
    assert not recall_or_analyse(house.run("two"), song)[1]
