"""Organizations: whose runs an admin may see."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import App, Parameter

from backline.cli.database import open_database
from backline.cli.options import Data, Json
from backline.cli.render import show, show_json

app = App(name="orgs", help="Make organizations and say who belongs to them.")


@app.command
def create(
    name: Annotated[str, Parameter(help="What to call the organization.")],
    /,
    *,
    admin: Annotated[str, Parameter(help="Id of the account that will be its first admin.")],
    json: Json = False,
    data: Data = None,
) -> None:
    """Make an organization with its first admin."""
    from backline import administration

    with open_database(data) as (database, _):
        organization_id = administration.create_organization(database, name, admin)
    if json:
        show_json({"organization_id": organization_id})
    else:
        show(f"organization {organization_id}")


@app.command
def add(
    organization: Annotated[str, Parameter(help="Id of the organization.")],
    account: Annotated[str, Parameter(help="Id of the person's account.")],
    /,
    *,
    role: Annotated[
        Literal["member", "admin"],
        Parameter(help="A member sees the organization's runs, an admin also its members'."),
    ] = "member",
    json: Json = False,
    data: Data = None,
) -> None:
    """Make a person a member or an admin; done twice, the last role counts."""
    from backline import administration

    with open_database(data) as (database, _):
        administration.add_member(database, organization, account, role)
    if json:
        show_json({"organization_id": organization, "account_id": account, "role": role})
    else:
        show(f"account {account} is now {role} of organization {organization}")
