"""Wide blurs in large pixels are Gaussian all the same."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from plotopt.blurring import blurred


@pytest.mark.parametrize("sigma_px", [3.0, 8.0, 24.0, 64.0])
@pytest.mark.parametrize("shape", [(200, 301), (7, 5), (1, 90)])
def test_wide_blurs_in_large_pixels_are_gaussian(sigma_px, shape):
    values = np.random.default_rng(0).random(shape).cumsum(1)
    expected = gaussian_filter(values, sigma_px)
    found = blurred(values, sigma_px)
    assert found.shape == shape
    assert np.abs(found - expected).max() < 0.01 * values.std()
