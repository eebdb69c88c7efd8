"""Accounts, and the server itself."""

from __future__ import annotations

from backline.api.operations.operation import ACCOUNT, Operation
from backline.wire import recoup as wire

OPERATIONS = (
    Operation(
        path="/api/accounts/id",
        method="get",
        name="getAccountId",
        summary="Say which account the credentials speak for",
        answers={200: wire.AccountIdentity},
    ),
    Operation(
        path="/api/organizations",
        method="get",
        name="listOrganizations",
        summary="List the organizations that an account belongs to",
        parameters=(ACCOUNT,),
        answers={200: wire.OrganizationList},
        problems=(400, 401, 403, 500),
    ),
    Operation(
        path="/api/artists",
        method="get",
        name="listArtists",
        summary="List the artists that an account owns",
        parameters=(ACCOUNT,),
        answers={200: wire.ArtistList},
        problems=(400, 401, 403, 500),
    ),
    Operation(
        path="/healthz",
        method="get",
        name="checkHealth",
        summary="Say whether the server can work",
        answers={200: wire.Health, 503: wire.Health},
        problems=(500,),
        is_open=True,
    ),
)
