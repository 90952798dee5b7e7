"""``plotopt fit``: a picture becomes a drawing."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from plotopt.cli.delivery import Delivery, delivered
from plotopt.cli.options import page_options, setting

_fit = partial(setting, "FitSettings")


@click.command("fit")
@click.argument("subject", metavar="IMAGE", type=click.Path(path_type=Path))
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
@delivered("beside IMAGE")
def command(image: Path, delivery: Delivery, options: dict[str, Any]) -> None:
    """Fit strokes to IMAGE and write them as a plot-ready SVG with a preview.

    Lengths take mm, cm, in, pt or px (96 dpi).
    """
    from plotopt.picture import read_picture
    from plotopt.settings import read_settings
    from plotopt.settings.fit import Judge

    # Read here as well, so that a mistyped option is told before a file that exists.
    settings = read_settings(**options)
    picture = read_picture(image)
    delivery.check(settings, picture.aspect)
    delivery.check_device(settings)
    paths = delivery.paths(image.with_suffix(".svg"), image)
    if settings.loss is Judge.VGG:
        delivery.fetch("vgg16", settings.weights)
    from plotopt import fit

    with delivery.listener() as listener:
        drawing = fit(picture, on_progress=listener, **options)
    delivery.deliver(drawing, paths, settings.command(click.format_filename(image)))
