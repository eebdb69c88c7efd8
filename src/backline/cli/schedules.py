"""Schedules: let the clock trigger a task, hold that, and end it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter, validators

from backline.cli.options import Data, Json
from backline.cli.reach import open_client
from backline.cli.render import show, show_json, show_table

if TYPE_CHECKING:
    from backline.wire.schedules import ScheduleState

app = App(name="schedules", help="Let the clock trigger tasks.")

ScheduleArgument = Annotated[
    str, Parameter(name="schedule", help="Id of the schedule: sched_ and 26 characters.")
]


@app.command
def create(
    task: Annotated[str, Parameter(help="Name of the task, such as hello-world.")],
    cron: Annotated[
        str,
        Parameter(help="Minute, hour, day of the month, month, weekday: '0 9 * * 1'."),
    ],
    /,
    *,
    timezone: Annotated[
        str, Parameter(help="IANA name of the zone whose clock counts, such as Europe/Berlin.")
    ] = "UTC",
    external_id: Annotated[
        str | None, Parameter(help="Your own name for what it is about; the task gets it.")
    ] = None,
    key: Annotated[
        str | None, Parameter(help="The same key again changes the schedule. Default: a new one.")
    ] = None,
    account: Annotated[
        str | None, Parameter(help="Id of the account whose the runs are. Default: your own.")
    ] = None,
    json: Json = False,
    data: Data = None,
) -> None:
    """Trigger a task by the clock from now on."""
    with open_client(data) as client:
        schedule = client.schedules.create(
            task,
            cron,
            timezone=timezone,
            external_id=external_id,
            deduplication_key=key,
            account_id=account,
        )
    show_json(schedule) if json else show(_described(schedule))


@app.command(name="list")
def list_(
    *,
    limit: Annotated[
        int, Parameter(help="How many.", validator=validators.Number(gte=1, lte=100))
    ] = 20,
    account: Annotated[
        str | None, Parameter(help="Id of the account whose schedules. Default: your own.")
    ] = None,
    json: Json = False,
    data: Data = None,
) -> None:
    """List schedules, newest first."""
    with open_client(data) as client:
        schedules = client.schedules.newest(limit=limit, account_id=account)
    if json:
        show_json(schedules)
        return
    rows = [_row(schedule) for schedule in schedules]
    show_table(("schedule", "next", "what"), rows)


@app.command
def get(schedule: ScheduleArgument, /, *, json: Json = False, data: Data = None) -> None:
    """Show a schedule with its next times."""
    with open_client(data) as client:
        _tell(client.schedules.get(schedule), json)


@app.command
def change(
    schedule: ScheduleArgument,
    /,
    *,
    cron: Annotated[
        str | None, Parameter(help="Another line: minute, hour, day, month, weekday.")
    ] = None,
    timezone: Annotated[str | None, Parameter(help="Another zone, such as Europe/Berlin.")] = None,
    task: Annotated[str | None, Parameter(help="Another task.")] = None,
    external_id: Annotated[
        str | None, Parameter(help="Another name of yours for what it is about.")
    ] = None,
    json: Json = False,
    data: Data = None,
) -> None:
    """Change what is said of a schedule; the rest stays, and the next fire is counted from now."""
    wanted = {
        "cron": cron,
        "timezone": timezone,
        "task_identifier": task,
        "external_id": external_id,
    }
    wish = {name: value for name, value in wanted.items() if value is not None}
    with open_client(data) as client:
        _tell(client.schedules.change(schedule, **wish), json)


@app.command
def pause(schedule: ScheduleArgument, /, *, json: Json = False, data: Data = None) -> None:
    """Let a schedule rest."""
    with open_client(data) as client:
        _tell(client.schedules.pause(schedule), json)


@app.command
def resume(schedule: ScheduleArgument, /, *, json: Json = False, data: Data = None) -> None:
    """Let a schedule fire again, from now on; what it missed stays missed."""
    with open_client(data) as client:
        _tell(client.schedules.resume(schedule), json)


@app.command
def delete(schedule: ScheduleArgument, /, *, data: Data = None) -> None:
    """End a schedule; runs that it made stay."""
    with open_client(data) as client:
        client.schedules.delete(schedule)
    show(f"schedule {schedule} is gone")


def _tell(schedule: ScheduleState, json: bool) -> None:
    show_json(schedule) if json else show(_described(schedule))


def _row(schedule: ScheduleState) -> tuple[str, ...]:
    return (
        schedule.id,
        schedule.next_run or "resting",
        f"{schedule.task_identifier} {schedule.generator.description}, {schedule.timezone}",
    )


def _described(schedule: ScheduleState) -> str:
    """Write a schedule as lines of name and value."""
    generator = schedule.generator
    facts = {
        "schedule": schedule.id,
        "task": schedule.task_identifier,
        "when": f"{generator.description} ({generator.expression}), {schedule.timezone}",
        "made by": "the task's code" if schedule.type == "DECLARATIVE" else "a caller",
        "about": schedule.external_id,
        "key": schedule.deduplication_key,
        "last": schedule.last_run,
        "next": schedule.next_run or "resting",
        "then": ", ".join(schedule.upcoming[1:4]),
    }
    return "\n".join(f"{name:9} {value}" for name, value in facts.items() if value)
