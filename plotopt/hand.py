"""How steady the hand is that draws: how stiff lines are, and what lines over lines cost."""

from __future__ import annotations

from dataclasses import dataclass, replace

from plotopt.stages import Stage

# Ink laid over ink all over the page costs so much at a price of 1, as squared error of light does.
_CROSSING = 0.05
# What is laid in loops keeps its shape so many times more firmly than lines are kept from bending.
_LOOPS = 40.0


@dataclass(frozen=True)
class Hand:
    """``stiffness`` in 0..10, 1 as usual: the less, the more lines bend and leave their direction.

    ``crossings`` in 0..10 is the price of lines over lines, and of ink off the page. Where lines are ``laid``
    in a shape of their own, it is this that they keep, instead of being straight; such as are not
    ``directed`` have no direction to keep to.
    """

    stiffness: float = 1.0
    crossings: float = 0.0
    laid: bool = False
    directed: bool = True

    def held(self, stage: Stage) -> Stage:
        """The stage with bends, and leaving the grain, priced as this hand has it."""
        smoothness = 0.0 if self.laid else self.stiffness * stage.smoothness
        return replace(stage, smoothness=smoothness, firmness=self.firmness * stage.firmness)

    @property
    def firmness(self) -> float:
        """How many times a usual bend's price it costs to leave the direction that lines run in."""
        return self.stiffness**2 if self.directed and not self.laid else 0.0

    @property
    def keeping(self) -> float:
        """How many times a usual bend's price it costs to bend off the shape that was laid."""
        return _LOOPS * self.stiffness if self.laid else 0.0

    @property
    def overlap(self) -> float:
        """The price of a page of ink over ink."""
        return _CROSSING * self.crossings
