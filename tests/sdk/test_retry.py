from __future__ import annotations

from contextlib import suppress
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backline import Retry
from backline.sdk import NO_RETRY


def test_delays_double_up_to_the_limit() -> None:
    """Without jitter the delays are the formula's own."""
    policy = Retry(max_attempts=9, min_delay_ms=1000, max_delay_ms=10_000, randomize=False)
    delays = [policy.delay_ms(made, Random()) for made in range(1, 7)]
    assert delays == [1000, 2000, 4000, 8000, 10_000, 10_000]


def test_the_last_attempt_has_no_next() -> None:
    """After the last allowed attempt the run is given up."""
    policy = Retry(max_attempts=2)
    assert policy.delay_ms(1, Random()) is not None
    assert policy.delay_ms(2, Random()) is None


@given(made=st.integers(1, 249), seed=st.integers())
def test_jitter_stays_within_a_factor_of_two(made: int, seed: int) -> None:
    """A randomized delay lies between the plain one and twice it, and under the limit."""
    policy = Retry(max_attempts=250, min_delay_ms=100, max_delay_ms=60_000)
    delay = policy.delay_ms(made, Random(seed))
    plain = min(60_000, 100 * 2.0 ** (made - 1))
    assert delay is not None and plain <= delay <= min(60_000, 2 * plain)


@pytest.mark.parametrize("attempts", [0, -1, 251])
def test_a_senseless_number_of_attempts_is_refused(attempts: int) -> None:
    """The error names the number."""
    with pytest.raises(ValueError, match=str(attempts)):
        Retry(max_attempts=attempts)


@given(
    made=st.integers(1, 249),
    factor=st.floats(1, 1e6),
    least=st.integers(0, 10_000),
    span=st.integers(0, 10_000_000),
    seed=st.integers(),
)
def test_a_delay_is_never_beyond_its_limits(
    made: int, factor: float, least: int, span: int, seed: int
) -> None:
    """Whatever the policy, the next try is neither sooner than the least delay nor later than the most."""
    policy = Retry(max_attempts=250, factor=factor, min_delay_ms=least, max_delay_ms=least + span)
    delay = policy.delay_ms(made, Random(seed))
    assert delay is not None and least <= delay <= least + span


@given(factor=st.floats(1, 1e6), least=st.integers(0, 10_000), most=st.integers(1, 250))
def test_plain_delays_never_shrink(factor: float, least: int, most: int) -> None:
    """Without jitter each pause is at least as long as the one before, and they are one less than the tries."""
    policy = Retry(
        max_attempts=most, factor=factor, min_delay_ms=least, max_delay_ms=60_000, randomize=False
    )
    delays = [policy.delay_ms(made, Random(1)) for made in range(1, most + 1)]
    assert delays[-1] is None and None not in delays[:-1]
    pauses = [delay for delay in delays if delay is not None]
    assert pauses == sorted(pauses)


@given(seed=st.integers())
def test_the_same_dice_give_the_same_delay(seed: int) -> None:
    """The decision is a pure function of its arguments."""
    policy = Retry()
    assert policy.delay_ms(1, Random(seed)) == policy.delay_ms(1, Random(seed))


def test_the_nearest_class_of_an_error_decides() -> None:
    """An override for a class holds for its subclasses, unless they have their own."""
    patient, quick = Retry(max_attempts=9), Retry(max_attempts=2)
    policy = Retry(on={OSError: patient, ConnectionError: quick, ValueError: NO_RETRY})
    assert policy.for_error(FileNotFoundError()) is patient
    assert policy.for_error(ConnectionResetError()) is quick
    assert policy.for_error(UnicodeError()) is NO_RETRY
    assert policy.for_error(KeyError()) is None


def test_a_policy_can_be_raised() -> None:
    """It counts for this failure, says why, and gives no fewer tries than the task has."""
    with pytest.raises(Retry, match="not out yet") as caught, suppress(KeyError):
        raise Retry("not out yet", after=90)
    once = NO_RETRY.for_error(caught.value)
    assert once is not None and (once.after, once.max_attempts) == (90, 3)
    often = Retry(max_attempts=9).for_error(Retry(after=0.5))
    assert often is not None and often.max_attempts == 9
    assert [often.delay_ms(made, Random()) for made in (1, 8, 9)] == [500, 500, None]
    assert str(Retry(after=60)) == "the task asked to be tried again after 60 s"
    assert str(Retry()) == "the task asked to be tried again"


def test_policies_that_say_the_same_are_the_same() -> None:
    """Also after they have travelled as JSON."""
    policy = Retry(max_attempts=7, after=1.5)
    assert msgspec.json.decode(msgspec.json.encode(policy), type=Retry) == policy
    assert len({policy, Retry(max_attempts=7, after=1.5)}) == 1


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"after": -1}, "after=-1"),
        ({"min_delay_ms": 5, "max_delay_ms": 4}, "min_delay_ms=5"),
        ({"min_delay_ms": -1}, "min_delay_ms=-1"),
        ({"factor": 0.5}, "factor=0.5"),
        ({"out_of_memory_machine": "huge"}, "'huge'"),
        ({"on": {"ValueError": NO_RETRY}}, "'ValueError'"),
        ({"on": {BaseException: NO_RETRY}}, "BaseException"),
        ({"on": {OSError: Retry(on={ValueError: NO_RETRY})}}, "OSError"),
    ],
)
def test_a_senseless_policy_is_refused(wrong: dict[str, Any], told: str) -> None:
    """The error names what was given."""
    with pytest.raises(ValueError, match=told):
        Retry(**wrong)
