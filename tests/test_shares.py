"""Whole shares: none is lost, and each is within one of its part."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from plotopt.first_strokes.shares import apportioned


@given(st.integers(0, 1000), st.lists(st.floats(0, 100), min_size=1, max_size=20))
def test_shares_add_up_and_are_in_proportion(count, weights):
    shares = apportioned(count, weights)
    assert min(shares) >= 0
    if sum(weights) < 1e-6:
        return
    assert sum(shares) == count
    assert np.abs(np.array(shares) - count * np.array(weights) / sum(weights)).max() <= 1 + 1e-6


def test_shares_by_hand():
    assert apportioned(10, [1, 3, 6]) == [1, 3, 6]
    assert apportioned(3, [1, 1]) in ([1, 2], [2, 1])
    assert apportioned(0, [1, 2]) == [0, 0]
    assert apportioned(0, [0, 0]) == [0, 0]
