"""The test card: a sheet that one pen draws, from whose photograph its true width and tone can be read."""

from plotopt.testcard.card import Card, Patch
from plotopt.testcard.drawing import draw_testcard

__all__ = ["Card", "Patch", "draw_testcard"]
