"""Bodies: JSON that fits, or a refusal that names the field."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backline.api.bodies import decode
from backline.errors import InvalidInput
from backline.wire.orders import TriggerTask
from backline.wire.recoup import ContentOrder


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        (b"{}", "taskIdentifier", "missing"),
        (b'{"taskIdentifier":"t","x":1}', "x", "not supported"),
        (b'{"taskIdentifier":"t","options":{"colour":1}}', "options.colour", "not supported"),
        (b'{"taskIdentifier":"t","options":{"tags":[1]}}', "options.tags[0]", "`int`"),
        (b'{"taskIdentifier":"t","options":5}', "options", "`int`"),
        (b"[1]", None, "`array`"),
        (b"", None, "not JSON"),
        (b"{", None, "not JSON"),
        (b'"\xff"', None, ""),
        (b"[" * 100_000, None, ""),
    ],
)
def test_a_refusal_names_the_field(body: bytes, field: str | None, said: str) -> None:
    """As callers wrote it, at any depth."""
    with pytest.raises(InvalidInput) as refused:
        decode(body, TriggerTask)
    assert refused.value.field == field
    assert said in str(refused.value)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """Nothing else happens."""
    for shape in (TriggerTask, ContentOrder):
        try:
            assert isinstance(decode(body, shape), shape)
        except InvalidInput as refused:
            assert str(refused)
