"""Films written to MP4 and GIF: complete, or not there."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from PIL import Image

from plotopt.errors import PlotoptError
from plotopt.files import quoted, write_atomically
from plotopt.films.pace import Pace

SUFFIXES = (".mp4", ".gif")
# GIFs tell in hundredths of a second how long a frame stands.
_LEAST_GIF_MS = 20


def check_film(path: Path) -> None:
    """Raise PlotoptError for a name that ends like no film."""
    if path.suffix.lower() not in SUFFIXES:
        raise PlotoptError(f"{quoted(path)} is not the name of a film: end it in .mp4 or .gif")


def write_film(path: Path, frames: Iterable[np.ndarray], pace: Pace, *, overwrite: bool) -> None:
    """Write frames of RGB as a film; which kind, its name tells.

    Raises PlotoptError for a name that ends otherwise, and when the system refuses.
    """
    check_film(path)
    with tempfile.TemporaryDirectory(prefix="plotopt-") as folder:
        draft = Path(folder) / f"film{path.suffix.lower()}"
        (_write_gif if draft.suffix == ".gif" else _write_mp4)(draft, iter(frames), pace)
        write_atomically(path, draft.read_bytes(), overwrite=overwrite)


def _write_mp4(draft: Path, frames: Iterator[np.ndarray], pace: Pace) -> None:
    import imageio_ffmpeg

    first = next(frames)
    height, width, _ = first.shape
    # From 0 to 10; lines on paper are ruined by the usual 5.
    writer = imageio_ffmpeg.write_frames(
        str(draft), (width, height), fps=pace.fps, quality=6, macro_block_size=2, ffmpeg_log_level="error"
    )
    writer.send(None)
    try:
        for frame in chain([first], frames):
            writer.send(np.ascontiguousarray(frame))
    except OSError as error:
        raise PlotoptError(f"the film could not be written ({error}): free some space") from None
    finally:
        writer.close()


def _write_gif(draft: Path, frames: Iterator[np.ndarray], pace: Pace) -> None:
    images = (Image.fromarray(frame).quantize(64, method=Image.Quantize.FASTOCTREE) for frame in frames)
    first = next(images)
    stand_ms = max(_LEAST_GIF_MS, round(1000 / pace.fps))
    first.save(draft, save_all=True, append_images=images, duration=stand_ms, loop=0, optimize=False)
