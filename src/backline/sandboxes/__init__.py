"""Whose sandboxes there are, what they remember, and who is using them."""

from backline.sandboxes import ledger
from backline.sandboxes.sandbox import KeptSnapshot, Lease, SandboxRecord

__all__ = ["KeptSnapshot", "Lease", "SandboxRecord", "ledger"]
