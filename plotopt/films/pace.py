"""How long a film is, how fast and how large."""

from __future__ import annotations

from dataclasses import dataclass

from plotopt.errors import PlotoptError
from plotopt.page import Page

LEAST_PX, MOST_PX = 64, 4096
_MOST_FRAMES = 20_000


@dataclass(frozen=True)
class Pace:
    """``seconds`` of film with ``fps`` frames each, ``width_px`` wide, the last one held for ``hold_s``.

    Raises PlotoptError for values out of range.
    """

    seconds: float = 12.0
    fps: float = 24.0
    width_px: int = 720
    hold_s: float = 1.5

    def __post_init__(self) -> None:
        if not 0.2 <= self.seconds <= 3600:
            raise PlotoptError(f"seconds is {self.seconds:g}: give 0.2 to 3600")
        if not 1 <= self.fps <= 60:
            raise PlotoptError(f"fps is {self.fps:g}: give 1 to 60")
        if not LEAST_PX <= self.width_px <= MOST_PX:
            raise PlotoptError(f"width is {self.width_px}: give {LEAST_PX} to {MOST_PX} px")
        if self.frames > _MOST_FRAMES:
            raise PlotoptError(
                f"{self.seconds:g} s at {self.fps:g} frames a second are more than {_MOST_FRAMES:,} frames: "
                "give fewer seconds or frames"
            )

    @property
    def frames(self) -> int:
        """How many frames show something new."""
        return max(2, round(self.seconds * self.fps))

    @property
    def held(self) -> int:
        """How many times the last one is shown again."""
        return round(self.hold_s * self.fps)

    def size_px(self, page: Page) -> tuple[int, int]:
        """Width and height for a page; even, as coders of films have it."""
        height = self.width_px * page.height_mm / page.width_mm
        width, height = (max(2, 2 * round(side / 2)) for side in (self.width_px, height))
        if height > 2 * MOST_PX:
            raise PlotoptError(f"the film would be {height:,} px high: give a smaller width")
        return width, height
