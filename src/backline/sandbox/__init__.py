"""A room for commands of others: walls, limits, and a home that is remembered."""

from backline.sandbox.bubblewrap import Identity
from backline.sandbox.command import Command, Finished, Sink, Stream, read_command
from backline.sandbox.embedded import EmbeddedProvider
from backline.sandbox.home import Homes, choose_folder
from backline.sandbox.hosts import AllowedHost
from backline.sandbox.limits import Limits
from backline.sandbox.provider import Capabilities, Provider, Sandbox, Saved, View
from backline.sandbox.snapshot import Blobs, ChangedFile, Snapshot
from backline.sandbox.terminal import Terminal

__all__ = [
    "AllowedHost",
    "Blobs",
    "Capabilities",
    "ChangedFile",
    "Command",
    "EmbeddedProvider",
    "Finished",
    "Homes",
    "Identity",
    "Limits",
    "Provider",
    "Sandbox",
    "Saved",
    "Sink",
    "Snapshot",
    "Stream",
    "Terminal",
    "View",
    "choose_folder",
    "read_command",
]
