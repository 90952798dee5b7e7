"""From what a fit was told to what its strokes are told: maps are read, for one picture."""

from __future__ import annotations

from plotopt.emphasis import Emphasis
from plotopt.first_strokes.guide import Guide
from plotopt.maps import read_mask
from plotopt.picture import Picture
from plotopt.settings import FitSettings


def guide_of(settings: FitSettings, picture: Picture) -> Guide:
    """Which way strokes run, where they are short and how long. Raises PlotoptError for a map of no use."""
    return Guide(
        settings.direction.opened(picture, settings.seed),
        settings.detail.opened(picture),
        usual_mm=settings.length,
        link_mm=settings.link,
        curl_pens=settings.curl,
        single_line=settings.single_line,
    )


def emphasis_of(settings: FitSettings, picture: Picture) -> Emphasis:
    """What of the picture is drawn. Raises PlotoptError for a mask of no use."""
    mask = read_mask(settings.mask, "mask", picture) if settings.mask else None
    return Emphasis(mask, settings.paper_threshold, settings.edges, settings.shading, settings.trace)
