"""``plotopt profiles``: the plotters there are."""

from __future__ import annotations

import click

from plotopt.cli.report import table


@click.command("profiles")
def command() -> None:
    """List the plotters that plotopt knows: name, travel in mm, speeds in mm/s, and what it is."""
    from plotopt.profiles import list_profiles

    table(
        [
            (
                profile.name,
                f"{profile.travel_x_mm:g} x {profile.travel_y_mm:g} mm",
                f"{profile.draw_speed_mm_s:.3g} down, {profile.travel_speed_mm_s:.3g} up mm/s",
                profile.title,
            )
            for profile in list_profiles()
        ]
    )
