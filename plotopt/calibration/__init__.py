"""Reading a pen's true width and tone from a photograph of its test card."""

from plotopt.calibration.reading import Calibration, calibrate

__all__ = ["Calibration", "calibrate"]
