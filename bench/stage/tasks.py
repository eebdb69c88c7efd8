"""Tasks that only benches run."""

from __future__ import annotations

from backline import Context, task


@task("does-nothing")
def does_nothing(payload: int, _: Context) -> int:
    """Return what was sent, as the workflow of bare DBOS does beside it."""
    return payload


@task("takes-steps")
def takes_steps(count: int, ctx: Context) -> int:
    """Do so many steps that cost nothing themselves."""
    return sum(ctx.step("add", _one) for _ in range(count))


def _one() -> int:
    return 1
