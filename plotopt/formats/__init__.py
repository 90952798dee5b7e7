"""What a drawing can be written as besides SVG and PNG: PDF, HPGL, G-code and a report in HTML."""

from plotopt.formats.choice import DEFAULT_FORMATS, Format, Kind, parse_formats

__all__ = ["DEFAULT_FORMATS", "Format", "Kind", "parse_formats"]
