"""Who may see whom, as one table; then the same through the database."""

from __future__ import annotations

from pathlib import Path

import pytest

from backline.accounts import (
    OPERATOR_REACH,
    Membership,
    Ownership,
    draw_reach,
    load_reach,
    may_see,
    may_work_for,
)
from backline.db import Database
from tests.cast import enter_cast, settings_in

EVERYONE = ["alice", "bob", "charlie", "label", "vega", "lyra", "orion"]

MEMBERS = [
    Membership(organization_id="label", account_id="alice", role="admin"),
    Membership(organization_id="label", account_id="bob", role="member"),
]
OWNERSHIPS = [
    Ownership("label", "vega"),
    Ownership("alice", "lyra"),
    Ownership("bob", "orion"),
]

VISIBLE = {
    # who asks:  alice bob charlie label vega lyra orion
    "alice": "    x    x     -      x    x    x    x",
    "bob": "      -    x     -      x    -    -    x",
    "charlie": "  -    -     x      -    -    -    -",
    "label": "    x    x     -      x    x    x    x",
    "vega": "     -    -     -      -    x    -    -",
    "lyra": "     -    -     -      -    -    x    -",
    "orion": "    -    -     -      -    -    -    x",
}
TRUTH = [
    (asking, asked, mark == "x")
    for asking, marks in VISIBLE.items()
    for asked, mark in zip(EVERYONE, marks.split(), strict=True)
]


@pytest.mark.parametrize(("asking", "asked", "expected"), TRUTH)
def test_reach_follows_the_table(asking: str, asked: str, expected: bool) -> None:
    """Each caller sees exactly the accounts that the table marks."""
    own_organizations = {m.organization_id for m in MEMBERS if m.account_id == asking} | {asking}
    around = [m for m in MEMBERS if m.organization_id in own_organizations]
    assert may_see(draw_reach(asking, around, OWNERSHIPS), asked) is expected


def test_a_member_works_for_the_labels_artists_without_seeing_all_their_runs() -> None:
    """Bob may make a video for Vega, whose other runs stay the label's business."""
    reach = draw_reach("bob", MEMBERS, OWNERSHIPS)
    assert may_work_for(reach, "vega")
    assert not may_see(reach, "vega")


@pytest.mark.parametrize("artist", ["lyra", "alice", "charlie"])
def test_a_member_does_not_work_for_other_members_or_their_artists(artist: str) -> None:
    """Belonging to the same label opens nobody's private artists."""
    assert not may_work_for(draw_reach("bob", MEMBERS, OWNERSHIPS), artist)


def test_managing_one_organization_opens_no_other() -> None:
    """Alice manages her label and is a member of another: that one's people stay hidden."""
    members = [
        *MEMBERS,
        Membership(organization_id="rival", account_id="alice", role="member"),
        Membership(organization_id="rival", account_id="dora", role="admin"),
    ]
    ownerships = [*OWNERSHIPS, Ownership("rival", "nova"), Ownership("dora", "mira")]
    reach = draw_reach("alice", members, ownerships)
    assert may_see(reach, "rival")
    assert not {"dora", "nova", "mira"} & reach.visible


def test_members_of_members_organizations_stay_hidden() -> None:
    """Bob also runs a side label; Alice sees Bob, not the people of his label."""
    members = [
        *MEMBERS,
        Membership(organization_id="side", account_id="bob", role="admin"),
        Membership(organization_id="side", account_id="dora", role="member"),
    ]
    assert not {"side", "dora"} & draw_reach("alice", members, OWNERSHIPS).visible


def test_an_operator_sees_everyone() -> None:
    """An operator's reach also holds accounts that nobody has heard of."""
    assert may_see(OPERATOR_REACH, "anyone")
    assert may_work_for(OPERATOR_REACH, "anyone")


def test_the_loaded_reach_is_the_drawn_one(database: Database, tmp_path: Path) -> None:
    """Read from the database, every player of the cast reaches what the table says."""
    cast = enter_cast(database, settings_in(tmp_path))
    ids = {name: getattr(cast, name).account_id for name in EVERYONE}
    with database.read() as connection:
        reaches = {name: load_reach(connection, ids[name]) for name in EVERYONE}
    for asking, asked, expected in TRUTH:
        assert may_see(reaches[asking], ids[asked]) is expected, f"{asking} asks for {asked}"
    assert may_work_for(reaches["bob"], ids["vega"])


def test_the_reach_of_an_unknown_account_is_itself(database: Database) -> None:
    """An id without an account reaches nothing but itself."""
    with database.read() as connection:
        assert load_reach(connection, "nobody").visible == {"nobody"}
