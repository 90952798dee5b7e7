"""Reading SVG files that other programs made: document, styles, shapes, and the walk through them."""
