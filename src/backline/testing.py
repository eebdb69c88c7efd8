"""Run a task inside a test: no server, no worker, no database, the same task code.

::

    run = run_inline(create_content, {"songs": ["file_song"]}, files={"file_song": path})
    assert run.output["template"] == "album-record-store"

What the task asks of its ``Context`` is real: steps are kept and answered from
the record, files are copied into a folder, metadata is a plain dictionary.
"""

from __future__ import annotations

import asyncio
import inspect
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import msgspec

from backline.errors import AbortRun
from backline.ids import new_id
from backline.sdk import (
    Context,
    Files,
    Metadata,
    RunFacts,
    RunResult,
    StoredFile,
    Task,
    TokenResult,
    TriggerOptions,
    Waiting,
    registry,
)

T = TypeVar("T")


class InlineMetadata(Metadata):
    """Metadata as a dictionary, and every value that each key went through."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.history: dict[str, list[Any]] = {}

    def set(self, key: str, value: Any) -> None:
        self.values[key] = value
        self._remember(key)

    def append(self, key: str, value: Any) -> None:
        self.values.setdefault(key, []).append(value)
        self._remember(key)

    def increment(self, key: str, by: float = 1) -> None:
        self.values[key] = self.values.get(key, 0) + by
        self._remember(key)

    def delete(self, key: str) -> None:
        self.values.pop(key, None)

    def _remember(self, key: str) -> None:
        self.history.setdefault(key, []).append(deepcopy(self.values[key]))


class InlineFiles(Files):
    """Storage in a folder: what a test hands in, and what the task saves."""

    def __init__(self, folder: Path, given: Mapping[str, Path]) -> None:
        self._folder = folder
        self._paths = dict(given)
        self.saved: list[StoredFile] = []

    def open(self, file_id: str) -> Path:
        if file_id not in self._paths:
            raise AbortRun(f"no file {file_id!r}: hand it to run_inline in `files`")
        return self._paths[file_id]

    def save(self, path: Path, *, file_name: str, mime_type: str) -> StoredFile:
        file_id = new_id("file")
        kept = self._folder / file_id / file_name
        kept.parent.mkdir(parents=True)
        shutil.copyfile(path, kept)
        self._paths[file_id] = kept
        record = StoredFile(
            file_id=file_id,
            storage_key=f"{file_id}/{file_name}",
            file_name=file_name,
            mime_type=mime_type,
            size_bytes=kept.stat().st_size,
            signed_url=kept.as_uri(),
        )
        self.saved.append(record)
        return record


class InlineWaiting(Waiting):
    """Waits that are over at once, written down for the test to look at."""

    def __init__(self, tokens: Mapping[str, Any]) -> None:
        self._tokens = tokens
        self.waits: list[str] = []

    def seconds(self, seconds: float) -> None:
        self.waits.append(f"{seconds:g} s")

    def until(self, moment: datetime) -> None:
        self.waits.append(moment.isoformat())

    def token(self, token_id: str) -> TokenResult:
        self.waits.append(token_id)
        if token_id not in self._tokens:
            return TokenResult(ok=False)
        return TokenResult(ok=True, output=self._tokens[token_id])


class InlineContext(Context):
    """A run that lives in memory. ``steps`` holds what each step returned, as plain JSON.

    A step name used again is kept as ``name#2``, as in real runs.
    """

    def __init__(
        self,
        run: RunFacts,
        folder: Path,
        files: InlineFiles,
        steps: Mapping[str, Any] | None = None,
        services: Mapping[str, Callable[[Any], Any]] | None = None,
        tokens: Mapping[str, Any] | None = None,
    ) -> None:
        self.run = run
        self.metadata: InlineMetadata = InlineMetadata()
        self.files: InlineFiles = files
        self.workdir = folder
        self.steps: dict[str, Any] = dict(steps or {})
        self.said: list[tuple[str, str]] = []
        self.wait: InlineWaiting = InlineWaiting(tokens or {})
        self.tags = list(run.tags)
        self._services = services or {}
        self._seen: Counter[str] = Counter()

    def step(self, name: str, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        self._seen[name] += 1
        key = name if self._seen[name] == 1 else f"{name}#{self._seen[name]}"
        if key not in self.steps:
            kept = msgspec.json.encode(function(*args, **kwargs))
            self.steps[key] = msgspec.json.decode(kept)
        kind = get_type_hints(function).get("return", Any)
        value: T = msgspec.convert(self.steps[key], kind)
        return value

    def log(self, text: str) -> None:
        self.metadata.append("logs", text)
        self.output("log", text)

    def output(self, stream: str, text: str) -> None:
        self.said.append((stream, text))

    def service(self, name: str, request: Any) -> Any:
        if name not in self._services:
            raise AbortRun(f"no service {name!r}: hand one to run_inline in services")
        return self._services[name](request)

    def trigger(self, task: str, payload: Any = None, options: TriggerOptions | None = None) -> str:
        return self.trigger_and_wait(task, payload, options).id

    def trigger_and_wait(
        self, task: str, payload: Any = None, options: TriggerOptions | None = None
    ) -> RunResult:
        (result,) = self.batch_trigger_and_wait(task, [payload], options)
        return result

    def batch_trigger(
        self, task: str, payloads: Sequence[Any], options: TriggerOptions | None = None
    ) -> list[str]:
        return [result.id for result in self.batch_trigger_and_wait(task, payloads, options)]

    def batch_trigger_and_wait(
        self, task: str, payloads: Sequence[Any], options: TriggerOptions | None = None
    ) -> list[RunResult]:
        tags = [] if options is None else options.tags
        return [self._child(task, payload, tags) for payload in payloads]

    def _child(self, task: str, payload: Any, tags: list[str]) -> RunResult:
        """Perform a child run here and now; what it raises is its result, as in real runs."""
        child = registry.get(task)
        if child is None:
            raise AbortRun(f"no task {task!r} was imported: import its module in the test")
        run_id = new_id("run")
        try:
            ended = run_inline(
                child, payload, workdir=self.workdir / run_id, run_id=run_id, tags=tags
            )
        except Exception as error:  # noqa: BLE001 - a child's failure is a value to its parent
            described = {"name": type(error).__name__, "message": str(error)}
            return RunResult(id=run_id, ok=False, error=described)
        return RunResult(id=run_id, ok=True, output=ended.output)

    def new_token(
        self,
        timeout_seconds: float | None = None,  # noqa: ARG002 - no time passes inline
    ) -> str:
        self._seen["token"] += 1
        return f"waitpoint_{self._seen['token']}"

    def add_tags(self, *tags: str) -> None:
        self.tags += [tag for tag in tags if tag not in self.tags]


@dataclass(frozen=True, kw_only=True)
class InlineRun:
    """What came of a run: its output, and what callers and storage would have seen."""

    output: Any
    metadata: dict[str, Any]
    metadata_history: dict[str, list[Any]]
    """Every value that a key went through, in order."""
    logs: list[str]
    steps: dict[str, Any]
    """What each step returned; hand it to another ``run_inline`` to resume from there."""
    said: list[tuple[str, str]]
    """The run's log, as (stream, text)."""
    saved: list[StoredFile] = field(default_factory=list)
    paths: dict[str, Path] = field(default_factory=dict)
    """Where each saved file lies, by file id."""


def run_inline(
    task: Task,
    payload: object,
    *,
    files: Mapping[str, Path] | None = None,
    steps: Mapping[str, Any] | None = None,
    workdir: Path | None = None,
    services: Mapping[str, Callable[[Any], Any]] | None = None,
    tokens: Mapping[str, Any] | None = None,
    run_id: str = "run_00000000000000000000000000",
    tags: Sequence[str] = (),
) -> InlineRun:
    """Perform a task here and now, and return what came of it.

    ``payload`` is plain JSON and is read as a worker reads it. ``files`` are
    the stored files within the run's reach, by id. Steps found in ``steps``
    are answered from there, as after a crash. ``services`` answer what the
    task asks of its worker, by name; ``tokens`` are what tokens are completed
    with, by id (the first that the task makes is ``waitpoint_1``). Waits are
    over at once. ``workdir`` keeps the saved
    files; without it they lie in a new temporary folder, which is the
    caller's to remove. Raises what the task raises.
    """
    folder = Path(tempfile.mkdtemp(prefix="backline-inline-")) if workdir is None else workdir
    scratch = folder / "work"
    scratch.mkdir(parents=True, exist_ok=True)
    shelf = InlineFiles(folder / "files", files or {})
    facts = RunFacts(id=run_id, task_identifier=task.identifier, account_id="", tags=list(tags))
    context = InlineContext(facts, scratch, shelf, steps or {}, services, tokens)
    output = task(task.read_payload(payload), context)
    if inspect.isawaitable(output):
        output = asyncio.run(_result_of(output))
    return InlineRun(
        output=task.write_output(output),
        metadata=context.metadata.values,
        metadata_history=context.metadata.history,
        logs=context.metadata.values.get("logs", []),
        steps=context.steps,
        said=context.said,
        saved=shelf.saved,
        paths={stored.file_id: shelf.open(stored.file_id) for stored in shelf.saved},
    )


async def _result_of(awaitable: Any) -> Any:
    return await awaitable
