"""Drawings of other programs by what is in them, and where the lines that are read of them end."""

import numpy as np

from plotopt.plot.reading import Grouping, read_svg

SVG = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
INKSCAPE = 'xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"'
LINE = '<path d="M10 20 L40 60"/>'
PX = 25.4 / 96


def read_body(file, body, root='width="100mm" height="80mm" viewBox="0 0 100 80"', grouping=Grouping.AUTO):
    """Reads a body on a page of 100 x 80 mm whose units are millimetres, stroked black."""
    style = 'stroke="black" fill="none" stroke-width="0.5"'
    file.write_text(f"<svg {SVG} {INKSCAPE} {style} {root}>{body}</svg>", "utf-8")
    return read_svg(file, grouping)


def ends(reading):
    """First and last point of every chain, rounded."""
    chains = [chain for layer in reading.layers for chain in layer.chains]
    return [tuple(np.round([*chain[0, 0], *chain[-1, 3]], 6).tolist()) for chain in chains]
