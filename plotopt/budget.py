"""As many strokes as fill a budget of minutes or metres, and no more.

The first strokes already tell what their plot takes, to a few per cent. So their number is sought that fills
the budget and a little over; links, lengths and, where ink alone would take too long, tones follow from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from plotopt.first_strokes.sowing import Sown
from plotopt.layering import plan_layers
from plotopt.page import Rect
from plotopt.pens import Pen
from plotopt.plot.plan import summarize
from plotopt.profiles import Client, Profile
from plotopt.strokes import Strokes

# First strokes may be over by this part: finished ones take about as much less, and trimming is exact.
_OVER = 0.03
# The number of strokes that is tried first,
_FIRST = 1000
# how many numbers are tried at most, fewer where bounds differ by less than this factor,
_TRIES = 12
_CLOSE = 1.01
# and by what factor a number differs from the one before at most.
_STRIDE = 4.0
# What a plot takes grows with about this power of the number of strokes, and with no lower one.
_POWER, _LEAST_POWER = 0.75, 0.3
#: A drawing that fills less than this part of its budget misses it.
FILLED = 0.97


@dataclass(frozen=True)
class Budget:
    """At most so many ``minutes`` of plotting, or ``metres`` of line; the other is None.

    Minutes are those that ``client`` takes on the machine of ``profile``, all pens together. ``aim`` is what
    part of it strokes may take while they are still to be bettered.
    """

    minutes: float | None
    metres: float | None
    profile: Profile
    client: Client
    aim: float = 1.0

    def spent(self, strokes: Strokes, pens: Sequence[Pen], place: Rect) -> float:
        """What part of the budget the plot of some strokes takes; above 1 is too much."""
        plot = summarize(plan_layers(strokes, pens, place, None), self.profile, self.client)
        return plot.minutes / self.minutes if self.minutes else plot.pen_down_m / (self.metres or 1.0)

    @property
    def text(self) -> str:
        return f"{self.minutes:g} min" if self.minutes else f"{self.metres:g} m"

    def unfilled(self, spent: float) -> str:
        """What to tell of a drawing that takes so little of it, where there is no more to draw."""
        return (
            f"more strokes would not better this drawing: it fills {spent:.0%} of {self.text}; take larger "
            "paper or a finer pen to use the rest"
        )

    def missed(self, spent: float) -> str:
        """What to tell of the nearest of several drawings, where it leaves more than it should."""
        return (
            f"the plot takes {spent:.1%} of {self.text}, and no other try came nearer: try "
            "another --seed, or ask for a little more"
        )


def sow_within(
    budget: Budget,
    most: int,
    pens: Sequence[Pen],
    place: Rect,
    sown: Callable[[int], Sown],
    *,
    first: int = _FIRST,
) -> Sown:
    """First strokes that fill the budget and up to 3 % more, as near as their number allows.

    ``sown`` lays a number of them, from one to ``most``, or fewer where more would have nothing to do; the
    same number gives the same. ``first`` is the one tried first. ``is_all`` tells where all those that have
    anything to do do not come to the budget's aim.
    """
    tries = _Tries(min(most, first), most, budget.aim)
    for _ in range(_TRIES):
        laid = sown(tries.count)
        if not len(laid.strokes):
            return laid
        spent = budget.spent(laid.strokes, pens, place)
        tries.add(laid, spent, sum(laid.strokes.laid()))
        if budget.aim <= spent <= budget.aim * (1 + _OVER) or tries.done:
            break
    return replace(tries.best, is_all=tries.exhausted and tries.spent < budget.aim)


class _Tries:
    """Numbers of strokes that were tried, and which to try next: between the nearest below and above.

    As the minutes grow with about a power of the number, the next is where a power law through the last
    try or, once there are both, through these two meets the middle of what is allowed.
    """

    def __init__(self, count: int, most: int, aim: float) -> None:
        self.count, self.most, self._aim = count, most, aim
        self._low, self._high = (0, 0.0), (most + 1, math.inf)
        self._found: tuple[float, Sown] | None = None
        #: Whether all the strokes that there is work for do not fill the budget.
        self.exhausted = False

    @property
    def best(self) -> Sown:
        """The fullest that is allowed, or else the least of all."""
        if self._found is None:
            raise ValueError("nothing was tried")
        return self._found[1]

    @property
    def spent(self) -> float:
        return self._found[0] if self._found else 0.0

    @property
    def done(self) -> bool:
        return self._high[0] - self._low[0] < 2 or self._high[0] <= self._low[0] * _CLOSE

    def add(self, laid: Sown, spent: float, there: int) -> None:
        """Hear what the present count came to: ``there`` strokes that take this part of the budget."""
        allowed = spent <= self._aim * (1 + _OVER)
        if self._found is None or self._better(spent, allowed):
            self._found = (spent, laid)
        # There may be work for no more.
        full = there < self.count or self.count * _CLOSE >= self.most
        self.count = min(self.count, there)
        if full or not allowed:
            self._high = (self.count, spent)
        if allowed:
            self._low, self.exhausted = (self.count, spent), full
        self.count = self._next(spent)

    def _better(self, spent: float, allowed: bool) -> bool:
        before = self.spent
        if before > self._aim * (1 + _OVER):
            return spent < before
        return allowed and spent > before

    def _next(self, spent: float) -> int:
        aim = self._aim * (1 + 0.5 * _OVER)
        (low, least), (high, most) = self._low, self._high
        power = _POWER
        if least > 0 and most < math.inf and high > low and most > least:
            power = math.log(most / least) / math.log(high / low)
        wanted = self.count * (aim / max(spent, 1e-6)) ** (1 / max(power, _LEAST_POWER))
        wanted = min(max(wanted, self.count / _STRIDE), self.count * _STRIDE)
        # Well inside bounds that both were tried, lest one of them hardly moves.
        inner = 0.1 * (high - low) if most < math.inf else 0.0
        return round(min(max(wanted, low + inner, low + 1), max(high - inner, low + 1), high - 1))
