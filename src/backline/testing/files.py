"""Storage as a folder."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from backline.errors import AbortRun
from backline.ids import new_id
from backline.sdk import Files, StoredFile


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
