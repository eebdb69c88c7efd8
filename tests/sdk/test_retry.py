from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backline import Retry


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
