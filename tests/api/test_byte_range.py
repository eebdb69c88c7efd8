"""The Range header, by table and by chance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backline.api.byte_range import Unsatisfiable, read_range


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-9", (0, 10)),
        ("bytes=5-", (5, 100)),
        ("bytes=-10", (90, 100)),
        ("bytes=-1000", (0, 100)),
        ("bytes=99-99", (99, 100)),
        ("bytes=90-1000", (90, 100)),
        ("bytes = 0-0 ", (0, 1)),
        ("bytes=100-", Unsatisfiable),
        ("bytes=100-200", Unsatisfiable),
        ("bytes=-0", Unsatisfiable),
        (None, None),
        ("", None),
        ("bytes=-", None),
        ("bytes=9-5", None),
        ("bytes=0-1,3-4", None),
        ("items=0-1", None),
        ("bytes=٣-٤", None),
        ("bytes=0-" + "9" * 30, None),
    ],
)
def test_a_range_is_read(header: str | None, span: object) -> None:
    """Of a file with a hundred bytes."""
    assert read_range(header, 100) == span


def test_nothing_of_an_empty_file_can_be_asked_for() -> None:
    """Not even its first byte."""
    assert read_range("bytes=0-", 0) == Unsatisfiable
    assert read_range("bytes=-1", 0) == Unsatisfiable


@given(st.text() | st.from_regex(r"bytes=\d{0,4}-\d{0,4}", fullmatch=True), st.integers(0, 5000))
def test_a_span_lies_within_the_file(header: str, size_bytes: int) -> None:
    """Whatever is asked for, at least one byte and none that is not there."""
    span = read_range(header, size_bytes)
    if isinstance(span, tuple):
        assert 0 <= span[0] < span[1] <= size_bytes
