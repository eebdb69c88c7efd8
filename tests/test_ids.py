from __future__ import annotations

import re

import pytest

from backline.ids import canonical_uuid, new_account_id, new_id

A_UUID = "9f679d5b-5c6f-4e17-a7f7-e30a6bf87adb"


def test_an_id_has_its_prefix_and_a_ulid() -> None:
    """26 lower-case characters of Crockford's base 32 follow the prefix."""
    assert re.fullmatch(r"run_[0-9a-hjkmnp-tv-z]{26}", new_id("run"))


def test_ids_sort_by_age_also_within_a_millisecond() -> None:
    """Later ids are larger, however fast they are made."""
    made = [new_id("run") for _ in range(5000)]
    assert made == sorted(made) and len(set(made)) == 5000


def test_an_older_time_makes_a_smaller_id() -> None:
    """The time stands in front."""
    assert new_id("run", 1000) < new_id("run", 2000) < new_id("run")


def test_a_uuid_is_read_in_its_one_form() -> None:
    """Upper case is folded, anything else is none."""
    known = new_account_id()
    assert canonical_uuid(known.upper()) == known


@pytest.mark.parametrize(
    "text", ["", "x", "1234", f"{{{A_UUID}}}", A_UUID + "0", "run_" + "0" * 32]
)
def test_what_is_no_uuid_is_none(text: str) -> None:
    """Other spellings of UUIDs are refused too."""
    assert canonical_uuid(text) is None
