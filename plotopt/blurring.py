"""Gaussian blurs that stay quick however wide they are."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy import ndimage

# A blur's sigma is at least so many of the pixels that it is done in.
_SIGMA_CELLS = 4


def blurred(values: Float[ndarray, "height width"], sigma_px: float) -> Float[ndarray, "height width"]:
    """A Gaussian blur; wide ones in large pixels, since they leave no detail that small ones would show."""
    size = int(sigma_px // _SIGMA_CELLS)
    if size < 2:
        return ndimage.gaussian_filter(values, sigma_px)
    # Mirrored as far as the blur reaches, to whole cells.
    before = size * int(np.ceil(4 * sigma_px / size))
    cells = np.pad(values, [(before, before + -side % size) for side in values.shape], mode="symmetric")
    cells = cells.reshape(cells.shape[0] // size, size, -1, size).mean((1, 3))
    # Taking means and going back by straight lines blurs by some size^2 / 4 of variance.
    wide = ndimage.gaussian_filter(cells, (sigma_px**2 - size**2 / 4) ** 0.5 / size)
    near = wide[before // size - 1 :, before // size - 1 :]
    within = tuple(slice(size, size + side) for side in values.shape)
    return ndimage.zoom(near, size, order=1, mode="nearest", grid_mode=True)[within]
