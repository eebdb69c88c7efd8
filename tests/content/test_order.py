"""What is left to chance hangs on the seed, and the seed on the run."""

from __future__ import annotations

from backline.content.order import Order, seed_of, shuffled


def test_a_given_seed_is_taken() -> None:
    """Zero is a seed too."""
    assert seed_of(Order(songs=["a"], seed=0), "run_1") == 0


def test_without_a_seed_the_run_decides_and_stays_with_it() -> None:
    """Two attempts at a run agree; two runs differ."""
    order = Order(songs=["a"])
    assert seed_of(order, "run_1") == seed_of(order, "run_1") != seed_of(order, "run_2")


def test_choices_differ_by_seed_and_by_purpose() -> None:
    """Over many seeds, each of several songs comes first about as often, and images on their own."""
    names = ["a", "b", "c"]
    firsts = [shuffled(names, seed, "song")[0] for seed in range(300)]
    assert all(70 < firsts.count(name) < 130 for name in names)
    assert firsts != [shuffled(names, seed, "image")[0] for seed in range(300)]
    assert names == ["a", "b", "c"]
