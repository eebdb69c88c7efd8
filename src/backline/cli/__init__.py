"""backline from a terminal: a file per group of commands."""

from backline.cli.app import app, main

__all__ = ["app", "main"]
