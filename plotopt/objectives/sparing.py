"""Any objective, with paper that is not to be soaked."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from plotopt.adam import Adam
from plotopt.losses.soak import coats, soak
from plotopt.objectives.base import Around, Gradients, Leap, Objective, gathered, trainable
from plotopt.page import Rect
from plotopt.strokes import Strokes

# One coat too many all over the place weighs as much as this squared error of light would; ink is held this
# far below what the paper bears, lest cells that lie otherwise come out above it.
_WEIGHT, _SPARED = 4.0, 0.9
_LOOKS_EVERY = 10


class Sparing(Around):
    """Another objective's loss, and a price on ink beyond what the paper of a place bears, in coats.

    There is hardly ever too much, and looking takes as long as half a step: so it looks now and then.
    """

    def __init__(self, objective: Objective, place: Rect, ink_limit: float) -> None:
        super().__init__(objective)
        self._place = place
        self._most_coats, self._soaks = _SPARED * ink_limit, False

    def gradients(self, strokes: Strokes, number: int) -> Gradients:
        found = super().gradients(strokes, number)
        self._look(strokes, number)
        return found.plus(self._price(strokes)) if self._soaks else found

    def leap(self, strokes: Strokes, adam: Adam, numbers: range) -> Leap | None:
        """Up to the next look; none while there is too much ink."""
        self._look(strokes, numbers[0])
        until_next = _LOOKS_EVERY - numbers[0] % _LOOKS_EVERY
        return None if self._soaks else super().leap(strokes, adam, numbers[:until_next])

    def memory(self) -> dict[str, Tensor]:
        return super().memory() | {"soaks": torch.tensor(self._soaks)}

    def recall(self, memory: Mapping[str, Tensor]) -> None:
        self._soaks = bool(memory["soaks"])
        super().recall(memory)

    def _look(self, strokes: Strokes, number: int) -> None:
        if number % _LOOKS_EVERY == 0:
            with torch.no_grad():
                self._soaks = float(coats(strokes, self._place).max()) > self._most_coats

    def _price(self, strokes: Strokes) -> Gradients:
        leaf = trainable(strokes)
        area = self._place.width * self._place.height
        loss = _WEIGHT / area * soak(leaf, self._place, self._most_coats)
        if loss.requires_grad:
            loss.backward()
        return gathered(leaf, loss.detach().double())
