"""Files of accounts: what was uploaded, and what runs made."""

from __future__ import annotations

from backline.files.file import File
from backline.files.shelf import Shelf, Upload

__all__ = ["File", "Shelf", "Upload"]
