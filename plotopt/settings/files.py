"""The files that settings name: pictures, maps, weights, and tables of one's own."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path
from typing import Any

from plotopt.settings.base import Told, spelled

# A TOML of one's own in the text of an option, as in mine.toml:black or auto:4:mine.toml.
_BOX = re.compile(r"(?:^|,)(?:auto:[0-9]+:)?([^,]{1,1000}?[.]toml)(?=[:,]|$)")


def files_by_option(settings: Told) -> dict[str, list[Path]]:
    """The files that settings name, by setting; they need not be there."""
    named = {name: files_in(getattr(settings, name)) for name in settings.options()}
    return {name: files for name, files in named.items() if files}


def files_of(settings: Told) -> tuple[Path, ...]:
    """All the files that settings name."""
    return tuple(chain.from_iterable(files_by_option(settings).values()))


def files_in(*values: Any) -> list[Path]:
    """The files that settings of these values name, each as often as they do.

    They are their own, or tables of pens and papers in their text.
    """
    return list(chain.from_iterable(map(_files_in, values)))


def _files_in(value: Any) -> list[Path]:
    path = value if isinstance(value, Path) else getattr(value, "path", None)
    if path:
        return [Path(path)]
    found = _BOX.findall(str(spelled("", value)))
    # A pen for a layer has the layer before it, as in 2=mine.toml:black.
    words = [end for word in found for end in dict.fromkeys((word, word.rpartition("=")[2]))]
    return [Path(word) for word in words if Path(word).is_file()]
