"""A plotter for tests, with saxi's default figures."""

from plotopt.profiles import Profile

PROFILE = Profile(
    name="test",
    title="Test machine",
    travel_x_mm=300,
    travel_y_mm=218,
    draw_speed_mm_s=50,
    draw_acceleration_mm_s2=200,
    travel_speed_mm_s=200,
    travel_acceleration_mm_s2=400,
    cornering_mm=0.127,
    pen_lift_s=0.12,
    pen_drop_s=0.12,
    sources={},
)
