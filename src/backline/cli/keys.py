"""API keys: made once, shown once, revoked for good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from backline.cli.database import open_database
from backline.cli.options import Data, Json
from backline.cli.render import show, show_json, show_table
from backline.clock import TimestampMs, iso, now_ms, parse_iso

if TYPE_CHECKING:
    from backline.accounts import ApiKey

app = App(name="keys", help="Make, list and revoke API keys.")


def _moment(_kind: object, tokens: tuple[object, ...]) -> TimestampMs:
    """Read a moment to come; what it raises is shown beside the option's name."""
    text = str(getattr(tokens[0], "value", tokens[0]))
    try:
        moment = parse_iso(text)
    except ValueError:
        raise ValueError(f"{text!r} is no date: write 2027-01-31 or 2027-01-31T12:00:00Z") from None
    if moment <= now_ms():
        raise ValueError(f"{text!r} is past: give a moment to come")
    return moment


@app.command
def create(
    account: Annotated[str, Parameter(help="Id of the account that the key acts for.")],
    /,
    *,
    name: Annotated[str, Parameter(help="What the key is for.")] = "key",
    expires: Annotated[
        TimestampMs | None,
        Parameter(
            help="When the key ends, such as 2027-01-31. Default: never.",
            converter=_moment,
            metavar="DATE",
            show_default=False,
        ),
    ] = None,
    environment: Annotated[
        Literal["dev", "prod"] | None,
        Parameter(help="Make an operator's secret key of this environment, which sees every run."),
    ] = None,
    json: Json = False,
    data: Data = None,
) -> None:
    """Make one more key for an account; it is shown only now."""
    from backline import administration

    with open_database(data) as (database, settings):
        key, record = administration.create_key(
            database, settings, account, name, environment=environment, expires_at=expires
        )
    if json:
        show_json({"key_id": record.id, "account_id": record.account_id, "api_key": key})
    else:
        show(f"key {record.id}\nAPI key {key}  (not shown again)")


@app.command(name="list")
def list_(
    account: Annotated[str, Parameter(help="Id of the account.")],
    /,
    *,
    json: Json = False,
    data: Data = None,
) -> None:
    """List an account's keys, newest first, by their beginnings."""
    from backline import administration

    with open_database(data) as (database, _):
        keys = administration.list_keys(database, account)
    if json:
        show_json(keys)
        return
    show_table(
        ("key", "begins with", "name", "made", "last used", "state"),
        [_row(key) for key in keys],
    )


@app.command
def revoke(
    key: Annotated[str, Parameter(help="Id of the key, as `backline keys list` shows it.")],
    /,
    *,
    json: Json = False,
    data: Data = None,
) -> None:
    """Close a key for good; done twice is as good as once."""
    from backline import administration

    with open_database(data) as (database, _):
        record = administration.revoke_key(database, key)
    if json:
        show_json(record)
    else:
        show(f"key {record.id} ({record.prefix}…) is revoked")


def _row(key: ApiKey) -> tuple[str, ...]:
    return (
        key.id,
        key.prefix,
        key.name,
        _day(key.created_at),
        "-" if key.last_used_at is None else _day(key.last_used_at),
        _state(key),
    )


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return f"revoked {_day(key.revoked_at)}"
    if key.expires_at is None:
        return "good"
    ending = "expired" if key.expires_at <= now_ms() else "until"
    return f"{ending} {_day(key.expires_at)}"


def _day(moment: TimestampMs) -> str:
    return iso(moment)[:10]
