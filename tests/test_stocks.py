"""What a paper may be."""

import math

import pytest

from plotopt.errors import PlotoptError
from plotopt.stocks import WHITE, Stock


def test_plain_white_is_white():
    assert (WHITE.name, WHITE.color) == ("white", "#ffffff")


@pytest.mark.parametrize("limit", [0.5, 100])
def test_limits_at_the_bounds(limit):
    assert Stock("a", "a", "#000000", limit).ink_limit == limit


@pytest.mark.parametrize(
    ("color", "limit", "complaint"),
    [
        ("white", 4, "is not a paper's colour"),
        ("#FFFFFF", 4, "lower case"),
        ("#fff", 4, "is not a paper's colour"),
        ("#ffffff", 0.4, "bears 0.4 coats"),
        ("#ffffff", 101, "give 0.5 to 100"),
        ("#ffffff", math.nan, "bears nan coats"),
    ],
)
def test_papers_that_cannot_be(color, limit, complaint):
    with pytest.raises(PlotoptError, match=complaint):
        Stock("a", "a", color, limit)
