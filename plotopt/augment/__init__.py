"""Random warps of views, sampled first and then applied alike to control points and to rasters."""

from plotopt.augment.jitter import Jitter
from plotopt.augment.perspective import Perspective
from plotopt.augment.warp import Augmentation, Warp, sample_all

__all__ = ["Augmentation", "Jitter", "Perspective", "Warp", "sample_all"]
