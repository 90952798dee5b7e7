"""Pens and papers by name: those that plotopt knows, and those of a file of one's own.

The built-in ones are ``plotter_profiles/pens.toml`` and ``papers.toml``; how such files are written is told
in :mod:`plotopt.catalog.entries`.
"""

from plotopt.catalog.entries import Entry, pen_entry
from plotopt.catalog.finding import (
    box,
    expand,
    find_pen,
    list_pens,
    list_stocks,
    load_stock,
    parse_pens,
    read_pen_file,
    search,
)

__all__ = [
    "Entry",
    "box",
    "expand",
    "find_pen",
    "list_pens",
    "list_stocks",
    "load_stock",
    "parse_pens",
    "pen_entry",
    "read_pen_file",
    "search",
]
