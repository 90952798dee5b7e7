"""The target: the picture as the reflectance its drawing shall show, and where it lies on the page."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor
from torch.nn.functional import interpolate

from plotopt.colour.light import LUMINANCE
from plotopt.errors import PlotoptError
from plotopt.page import Rect
from plotopt.picture import Picture
from plotopt.tones.tone import Tone
from plotopt.view import View

# Linear light of shadows in which a picture's colour fades out.
_SHADOW = 0.01
# Sampling positions this near to a pixel's centre, in px, are taken to be on it.
_ON_CENTRE_PX = 1e-6


@dataclass(frozen=True)
class Target:
    """Toned linear light in 0..1, and the rectangle of the page, in mm, that its pixels fill.

    ``paper`` is the paper's own light, one value a channel, or one for all.
    """

    pixels: Float[Tensor, "channels height width"]
    place: Rect
    paper: tuple[float, ...] = (1.0,)

    @classmethod
    def from_picture(cls, picture: Picture, tone: Tone, place: Rect, channels: int = 1) -> Target:
        """Tones a picture; ``channels`` is 1 for its Rec. 709 luminance or 3 for RGB.

        RGB keeps its hue: luminance goes through the tone curve, and colour with it. Raises PlotoptError for
        other channel counts and for an empty ``place``.
        """
        if channels not in (1, 3):
            raise PlotoptError(f"channels is {channels}; give 1 (luminance) or 3 (RGB)")
        if not (place.width > 0 and place.height > 0):
            raise PlotoptError(
                f"the place for the picture is {place.width:.4g} x {place.height:.4g} mm; give it an area"
            )
        # Summed as distance from white, so that white is exactly 1.
        luminance = 1 - (1 - picture.linear) @ np.array(LUMINANCE, dtype=np.float32)
        levels = tone.levels(luminance)
        toned = tone.reflectance(luminance, levels)[None]
        if channels == 3:
            toned = _tinted(toned, luminance, picture.linear.transpose(2, 0, 1))
        return cls(torch.from_numpy(np.ascontiguousarray(toned, dtype=np.float32)), place)

    def at_scale(self, mm_per_px: float) -> Target:
        """An area-averaged copy of about that pixel size, in whole pixels over the same place.

        The mean is kept. Where pixels are already coarser they stay as they are: there is no more detail.
        """
        if not mm_per_px > 0:
            raise PlotoptError(f"mm_per_px is {mm_per_px}; give more than 0")
        _, rows, columns = self.pixels.shape
        rows = min(rows, max(1, round(self.place.height / mm_per_px)))
        columns = min(columns, max(1, round(self.place.width / mm_per_px)))
        # On the CPU, since a graphics card's running sums differ from run to run.
        planes = [_average(_average(plane.double(), columns, 1), rows, 0) for plane in self.pixels.cpu()]
        return replace(self, pixels=torch.stack(planes).float().to(self.pixels.device))

    def window(self, view: View) -> Float[Tensor, "channels height_px width_px"]:
        """Bilinear samples at the pixel centres of ``view``; paper where a centre lies outside the place.

        Pixels that lie on those of the target are copied exactly. For a view coarser than the target,
        sample ``at_scale(view.mm_per_px)``, else fine detail aliases.
        """
        _, rows, columns = self.pixels.shape
        row_px, column_px = self.place.height / rows, self.place.width / columns
        y = _positions((view.top_mm - self.place.top) / row_px, view.mm_per_px / row_px, view.height_px)
        x = _positions(
            (view.left_mm - self.place.left) / column_px, view.mm_per_px / column_px, view.width_px
        )
        sampled = _sample(_sample(self.pixels, y, axis=1), x, axis=2)
        if _inside(y, rows).all() and _inside(x, columns).all():
            return sampled
        inside = _inside(y, rows)[:, None] & _inside(x, columns)
        return torch.where(inside.to(sampled.device), sampled, self._paper(sampled))

    def to(self, device: torch.device | str) -> Target:
        """The same target on another device."""
        return replace(self, pixels=self.pixels.to(device))

    def lightened(self, reach: float) -> Target:
        """The same target with all darkness multiplied by ``reach`` in 0..1; paper stays paper."""
        paper = self._paper(self.pixels)
        return replace(self, pixels=paper - reach * (paper - self.pixels))

    def faded(self, left: Float[Tensor, "height width"]) -> Target:
        """The same target with this much of its darkness left at each pixel, 0 paper, 1 all, 2 twice that."""
        paper = self._paper(self.pixels)
        return replace(self, pixels=(paper - left * (paper - self.pixels)).clamp(0, 1))

    def resized(self, shape: tuple[int, int]) -> Target:
        """The same target in as many or more rows and columns, straight between its pixels."""
        if self.pixels.shape[1:] == shape:
            return self
        return replace(self, pixels=interpolate(self.pixels[None], shape, mode="bilinear")[0])

    def _paper(self, like: Tensor) -> Tensor:
        return like.new_tensor(self.paper)[:, None, None]

    @property
    def view(self) -> View:
        """The target's own raster as a view of the page; its pixels must be square."""
        _, rows, columns = self.pixels.shape
        return View(self.place.left, self.place.top, columns, rows, self.place.width / columns)

    def canvas(self, mm_per_px: float, border_px: int) -> Target:
        """The target sampled once at one pixel size, with ``border_px`` of paper around its place.

        Windows on this pixel grid are then plain slices.
        """
        columns = math.ceil(self.place.width / mm_per_px - 1e-6) + 2 * border_px
        rows = math.ceil(self.place.height / mm_per_px - 1e-6) + 2 * border_px
        border_mm = border_px * mm_per_px
        view = View(self.place.left - border_mm, self.place.top - border_mm, columns, rows, mm_per_px)
        return replace(self, pixels=self.at_scale(mm_per_px).window(view), place=view.rect)


def _tinted(
    toned: Float[ndarray, "1 height width"], luminance: Float[ndarray, "height width"], linear: ndarray
) -> Float[ndarray, "3 height width"]:
    """Grey tones in the hues of a picture in linear RGB.

    Colours too vivid for so light a tone become half darker, half paler, so that none leaves 0..1.
    """
    # In the deepest shadows, hue is noise.
    vivid = toned * (linear - luminance) / (luminance + _SHADOW)
    darker = (toned + vivid) / np.maximum((toned + vivid).max(0), 1)
    paler = toned + vivid * np.minimum((1 - toned) / np.maximum(vivid.max(0), 1e-9), 1)
    return np.clip(0.5 * (darker + paler), 0, 1)


def _average(plane: Float[Tensor, "rows columns"], count: int, axis: int) -> Tensor:
    """Exact averages over ``count`` equal spans of one axis, as differences of the running sum."""
    size = plane.shape[axis]
    if count == size:
        return plane
    edges = torch.arange(1, count + 1, dtype=plane.dtype, device=plane.device) * (size / count)
    whole = edges.long().clamp(max=size - 1)
    # The running sum up to an edge is that of all whole pixels and its share of the one it cuts.
    share = (edges - whole - 1).unsqueeze(1 - axis)
    at_edges = plane.cumsum(axis).index_select(axis, whole) + share * plane.index_select(axis, whole)
    start = torch.zeros_like(at_edges.narrow(axis, 0, 1))
    return torch.diff(at_edges, dim=axis, prepend=start) * (count / size)


def _positions(start_px: float, step_px: float, count: int) -> Tensor:
    """Where ``count`` pixel centres lie, in pixels of the target counted from its first pixel's centre."""
    centres = torch.arange(count, dtype=torch.float64, device="cpu") + 0.5
    positions = start_px + centres * step_px - 0.5
    whole = positions.round()
    return torch.where((positions - whole).abs() < _ON_CENTRE_PX, whole, positions)


def _inside(positions: Tensor, count: int) -> Tensor:
    return (positions >= -0.5 - _ON_CENTRE_PX) & (positions <= count - 0.5 + _ON_CENTRE_PX)


def _sample(planes: Float[Tensor, "channels rows columns"], positions: Tensor, axis: int) -> Tensor:
    """Linear interpolation along one axis; beyond its ends the end value holds."""
    last = planes.shape[axis] - 1
    first, count = int(positions[0]), len(positions)
    if positions[0] == first >= 0 and positions[-1] == first + count - 1 <= last:
        return planes.narrow(axis, first, count)
    positions = positions.clamp(0, last).to(planes.device)
    before = positions.long()
    after = (before + 1).clamp(max=last)
    share = (positions - before).to(planes.dtype)
    share = share[:, None] if axis == 1 else share
    return torch.lerp(planes.index_select(axis, before), planes.index_select(axis, after), share)
