"""``plotopt estimate``: time, metres and ink of a drawing that any program made."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plotopt.cli.options import FILE
from plotopt.cli.report import duration, fillings, layer_row, load_figures, say, say_notes, say_page, table
from plotopt.errors import PlotoptError
from plotopt.profiles import Client

if TYPE_CHECKING:
    from plotopt.pens import Pen
    from plotopt.plot.estimation import Estimate
    from plotopt.profiles import Profile


@dataclass(frozen=True)
class _Wishes:
    """The options, as they were given."""

    profile: str
    client: str | None
    pens: str | None
    stock: str | None
    heat_map: Path | None
    as_json: bool
    force: bool


@click.command("estimate")
@click.argument("file", metavar="SVG", type=click.Path(path_type=Path))
@click.option(
    "--profile", default="axidraw_v3", show_default=True, help="a name of `plotopt profiles`, or a TOML"
)
@click.option(
    "--client",
    type=click.Choice([client.value for client in Client], case_sensitive=False),
    help="the program that drives the machine  [default: every one that the profile has figures for]",
)
@click.option(
    "--pens", "--pen", "pens", help="pens instead of the file's: one for all layers, or one for each"
)
@click.option(
    "--stock", help="the paper, which bears so much ink  [default: as an SVG by plotopt tells, or white]"
)
@click.option("--heat-map", metavar="PNG", type=FILE, help="picture the ink load")
@click.option("--json", "as_json", is_flag=True, help="print all figures as JSON")
@click.option("-f", "--force", is_flag=True, help="overwrite a heat map that exists")
def command(file: Path, **options: Any) -> None:
    """Tell what the plot of SVG takes, its paths drawn in the order that they have in the file."""
    from plotopt.catalog import load_stock, parse_pens
    from plotopt.files import check_writable
    from plotopt.plot.estimation import estimate
    from plotopt.profiles import load_profile
    from plotopt.settings.files import files_in

    wishes = _Wishes(**options)
    profile, stock = load_profile(wishes.profile), load_stock(wishes.stock) if wishes.stock else None
    pens: tuple[Pen, ...] = parse_pens(wishes.pens) if wishes.pens else ()
    if wishes.heat_map:
        if wishes.heat_map.suffix.lower() != ".png":
            raise PlotoptError(f"{str(wishes.heat_map)!r:.200} is not the name of a picture: end it in .png")
        inputs = (file, *files_in(profile, stock, pens))
        check_writable(wishes.heat_map, wishes.force, inputs)
    made = estimate(file, profile, _clients(wishes.client, profile), stock, pens)
    if wishes.heat_map:
        _write_picture(made, wishes.heat_map, wishes.force)
    if wishes.as_json:
        names = {"file": str(file), "profile": profile.name, "stock": made.stock.name}
        click.echo(json.dumps(names | made.figures(), indent=2))
    else:
        _tell(made, profile)
        if wishes.heat_map:
            say("files", click.format_filename(wishes.heat_map))


def _clients(wanted: str | None, profile: Profile) -> list[Client]:
    if wanted:
        return [Client(wanted.lower())]
    return list(Client) if profile.axicli else [Client.SAXI]


def _write_picture(made: Estimate, path: Path, force: bool) -> None:
    from plotopt.files import write_atomically
    from plotopt.plot.preview import png_bytes

    write_atomically(path, png_bytes(made.load.picture(made.stock)), overwrite=force)


def _tell(made: Estimate, profile: Profile) -> None:
    plot = made.plot
    say_notes(made.notes)
    say_page(made.page)
    say("paths", f"{plot.paths:,}")
    say("distance", f"{plot.pen_down_m:.1f} m pen down, {plot.pen_up_m:.1f} m pen up")
    say("pen lifts", f"{plot.lifts:,}")
    for i, (client, figures) in enumerate(made.plots.items()):
        say("" if i else "time", duration(figures.minutes, profile, client))
    for i, (pen, metres) in enumerate(made.by_pen().items()):
        empties = fillings(metres / pen.refill_m if pen.refill_m else None)
        told = (f"{pen.name} {pen.width_mm:g} mm: {metres:.1f} m", empties)
        say("" if i else "pens", ", ".join(filter(None, told)))
    say("ink load", load_figures(made.load, made.stock))
    if len(plot.layers) > 1:
        table([layer_row(layer) for layer in plot.layers], indent="  ")
