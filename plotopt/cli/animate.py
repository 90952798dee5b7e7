"""``plotopt animate``: a run as a film, or its plot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plotopt.cli.options import FILE
from plotopt.errors import PlotoptError

if TYPE_CHECKING:
    from plotopt.films.pace import Pace
    from plotopt.showing import Exhibit


@click.command("animate")
@click.argument("run", metavar="RUN", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=FILE, help=".mp4 or .gif  [default: RUN.mp4, RUN-plot.mp4]")
@click.option("--plot", is_flag=True, help="show the pen at work, in its order and time")
@click.option("--seconds", type=float, help="how long it moves, 0.2 to 3600; its end is held  [default: 12]")
@click.option("--speed-up", type=float, help="with --plot: how many times faster than the plotter, from 1")
@click.option("--fps", type=float, default=24.0, help="frames a second, 1 to 60  [default: 24]")
@click.option("--width", type=int, default=720, help="of the film, 64 to 4096 px  [default: 720]")
@click.option("-f", "--force", is_flag=True, help="overwrite a file that exists")
def command(run: Path, output: Path | None, plot: bool, force: bool, **told: Any) -> None:
    """Show how the drawing of RUN, a .plotopt file, came about, or with --plot how a plotter draws it."""
    from plotopt.files import check_writable
    from plotopt.films.growth import growth
    from plotopt.films.plotting import plotting
    from plotopt.films.writing import check_film, write_film
    from plotopt.runs.ordering import sources
    from plotopt.runs.storage import read_run
    from plotopt.showing import Exhibit

    path = output or run.with_name(f"{run.stem}-plot.mp4" if plot else f"{run.stem}.mp4")
    check_film(path)
    if told["speed_up"] is not None and (told["seconds"] is not None or not plot):
        raise PlotoptError("speed-up is for --plot alone, and says how long the film is: leave --seconds out")
    exhibit = Exhibit.of(read_run(run))
    check_writable(path, force, (run, *sources(run, exhibit.record.order, exhibit.settings)))
    pace = _pace(exhibit, **told)
    write_film(path, (plotting if plot else growth)(exhibit, pace), pace, overwrite=force)
    columns, rows = pace.size_px(exhibit.page)
    click.echo(f"{click.format_filename(path)}  {pace.seconds + pace.hold_s:.1f} s, {columns} x {rows} px")


def _pace(exhibit: Exhibit, seconds: float | None, speed_up: float | None, fps: float, width: int) -> Pace:
    from plotopt.films.pace import Pace
    from plotopt.films.plotting import plot_minutes

    if speed_up is not None:
        if not speed_up >= 1:
            raise PlotoptError(f"speed-up is {speed_up:g}: give 1 or more")
        seconds = max(0.2, 60 * plot_minutes(exhibit) / speed_up)
    return Pace(Pace.seconds if seconds is None else seconds, fps, width)
