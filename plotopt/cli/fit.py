"""``plotopt fit``: a picture becomes a drawing."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from plotopt.cli.delivery import Delivery, delivered
from plotopt.cli.keeping import Keeping, keep_option
from plotopt.cli.options import page_options, setting
from plotopt.cli.watching import Watch, watch_options

_fit = partial(setting, "FitSettings")


@click.command("fit")
@click.argument("subject", metavar="IMAGE", type=click.Path(path_type=Path))
@_fit(
    "--look",
    help="flow, hatch, contour, engrave, scribble or single-line, see `plotopt looks`  [default: flow]",
)
@_fit("--minutes", help="plot for so long, as in 45 or 1h30: as many strokes as that allows")
@_fit("-n", "--strokes", type=int, help="or lay so many strokes, 1 to 100000  [default: by paper and pen]")
@_fit("--metres", help="or draw so many metres of line")
@page_options("FitSettings")
@_fit("--gamma", type=float, help="above 1 lightens middle tones, 0.2 to 5")
@_fit("--contrast", type=float, help="above 1 spreads middle tones, 0.2 to 5")
@_fit("--size", type=int, help="longer side in the last stage, 64 to 8192 px  [default: by quality]")
@_fit("--tile", type=int, help="side of the tiles of the last stages, 64 to 8192 px")
@_fit("--loss", help="pixel, or vgg to compare features of the network VGG16, too")
@_fit("--features", type=float, help="weight of the features against the pixels, 0 to 1")
@_fit("--layers", help="layers of VGG16 to compare, with commas between")
@_fit("--style-image", type=click.Path(path_type=Path), help="a picture whose marks to borrow")
@_fit("--style", type=float, help="weight of the style image, 0 to 100")
@_fit("--renderer", help="plotopt, or diffvg to compare, where it is installed; diffvg:4 for 4x4 samples")
@_fit("--workers", type=int, help="processes that share the tiles of large pages, 1 to 64  [default: 1]")
@_fit("--weights", type=click.Path(path_type=Path), help="VGG16 from a .pth or .safetensors file")
@_fit(
    "--direction",
    help="which way lines run: 45, 45,135, radial, circular@0.5,0.4, relief, random, map:FILE  [structure]",
)
@_fit("--link", help="link ends this far apart; 0mm lifts the pen  [default: by the number of strokes]")
@_fit("--single-line", metavar="WAY", help="never lift the pen: a tour from dot to dot, or a flow of lines")
@_fit("--length", help="usual length of a stroke  [default: what the tone needs]")
@_fit(
    "--detail", metavar="FILE", help="short strokes where a map is white; or busy, auto, off  [default: busy]"
)
@_fit("--mask", type=click.Path(path_type=Path), help="draw where this is white, or opaque")
@_fit(
    "--paper-threshold",
    type=float,
    help="tones from this to the paper's own, 1, stay blank, 0 to 1  [default: none]",
)
@_fit("--edges", type=float, help="how many outlines are drawn as lines, 0 to 1  [default: 0]")
@_fit(
    "--trace",
    help="draw a picture's own lines whole: on, off, or auto for drawings in lines  [default: auto]",
)
@_fit("--shading", type=float, help="how much of the tone is drawn, 0 to 1  [default: 1]")
@_fit(
    "--stiffness",
    type=float,
    help="how straight and true to their direction lines stay, 0 to 10  [default: 1]",
)
@_fit("--crossings", type=float, help="price of lines over lines, 0 to 10  [default: 0]")
@_fit("--curl", type=float, help="scribble in loops so many pens wide, 0 to 100  [default: 0]")
@keep_option
@watch_options
@delivered("beside IMAGE")
def command(image: Path, delivery: Delivery, options: dict[str, Any]) -> None:
    """Fit strokes to IMAGE and write them as a plot-ready SVG with a preview.

    Lengths take mm, cm, in, pt or px (96 dpi).
    """
    from plotopt.picture import read_picture
    from plotopt.settings import read_settings
    from plotopt.settings.files import files_of
    from plotopt.settings.fit import Judge

    keep, watch = options.pop("keep"), Watch.asked(options)
    # Read and tried here as well, so that what is wrong is told before that a file exists.
    settings = read_settings(**options)
    picture = read_picture(image)
    settings.profile.check_fits(settings.sheet(picture.aspect)[1])
    delivery.check(settings, picture.aspect)
    delivery.check_device(settings)
    inputs = (image, *files_of(settings))
    paths = delivery.paths(image.with_suffix(".svg"), *inputs)
    keeping = Keeping.beside(paths[0], keep, delivery.force, inputs)
    if settings.loss is Judge.VGG:
        delivery.fetch("vgg16", settings.weights)
    from plotopt import fit
    from plotopt.watching.ground import fit_ground

    told = settings.command(click.format_filename(image))
    keeping = replace(keeping, watch=watch.over(lambda: fit_ground(settings, picture)))
    keeping.draw(delivery, paths, partial(fit, picture, **options), lambda drawing: told)
